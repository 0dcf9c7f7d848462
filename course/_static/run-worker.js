// Python in a worker of its own: the page stays alive while it computes, and Stop can end it at once.

let page; // a promise of Python's `Page`

const post = (kind, text) => self.postMessage({ kind, text });

async function begin({ pyodide, house, packages, name }) {
  post("news", "Fetching Python …");
  const { loadPyodide } = await import(new URL("pyodide.mjs", pyodide));
  const python = await loadPyodide({ indexURL: pyodide });
  post("news", "Fetching NumPy and matplotlib …");
  await python.loadPackage(packages, { messageCallback: () => {} });
  post("news", "Fetching hellodl …");
  const answer = await fetch(house);
  if (!answer.ok) throw new Error(`${house}: ${answer.status}`);
  python.unpackArchive(await answer.arrayBuffer(), "zip", { extractDir: "/house" });
  python.runPython("import sys; sys.path[:0] = ['/house/src', '/house/tools/course', '/house/tools/course/browser']");
  const page = python.pyimport("page").Page(name, post);
  post("news", "");
  return page;
}

self.onmessage = async ({ data }) => {
  try {
    if (data.begin) page = begin(data.begin);
    else self.postMessage({ kind: "done", fine: (await page).run(data.code, data.hurry) });
  } catch (error) {
    post("lost", String(error.message || error)); // Python did not start, or is out of memory
  }
};
