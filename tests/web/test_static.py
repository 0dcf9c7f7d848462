"""The page's own files come from a table, whatever the address looks like."""

import pytest

pytest.importorskip("fastapi")

from hellodl.web.static import TYPES, page_files


def test_the_page_is_there(client):
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text == client.get("/static/index.html").text != ""


def test_every_file_of_the_page_has_its_type(client):
    files = page_files()
    assert files
    for name, file in files.items():
        answer = client.get(f"/static/{name}")
        assert answer.content == file.content
        assert answer.headers["content-type"] == TYPES["." + name.rsplit(".", 1)[1]]


def test_a_browser_that_has_the_file_gets_no_second_one(client):
    tag = client.get("/").headers["etag"]
    again = client.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/", headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "..%2fapp.py",
        "%2e%2e%2fapp.py",
        "../app.py",
        "..\\app.py",
        "%2fetc%2fpasswd",
        "....//app.py",
        "index.html%00",
        "",
        ".",
        "%5c..%5capp.py",
    ],
)
def test_no_path_in_a_name_leads_anywhere(client, path):
    assert client.get(f"/static/{path}").status_code == 404


def test_errors_are_one_line_of_json(client):
    assert client.get("/nowhere").json() == {"error": "Not Found"}
    wrong = client.delete("/api/draw")
    assert wrong.status_code == 405 and wrong.headers["allow"] == "POST" and "error" in wrong.json()
    assert client.put("/api/lessons").headers["allow"] == "DELETE, GET, HEAD, POST"
    assert client.head("/api/lessons").status_code == client.head("/").status_code == 200
    assert client.head("/api/draw").status_code == 405
