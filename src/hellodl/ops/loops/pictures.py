"""Loops over pictures: pooling by halves, and Winograd's tiles."""

from __future__ import annotations

from hellodl.ops.loops.compiler import FLAGS, PICTURES, TILES, WHOLE, into, loop

# -- pooling -----------------------------------------------------------------------------------------------


@loop(PICTURES, into(PICTURES), into(FLAGS))
def halve(x, out, winner):
    """The largest of each 2×2 pixels of x, and which it was: 0 1 in the upper row, 2 3 in the lower one.

    Windows may hang over the edge; a pixel beyond it counts as its neighbour inside, which it cannot beat.
    """
    images, height, width, channels = x.shape
    for n in range(images):
        for row in range(out.shape[1]):
            for column in range(out.shape[2]):
                top, left = 2 * row, 2 * column
                bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
                for c in range(channels):
                    a, b = x[n, top, left, c], x[n, top, right, c]
                    under_a, under_b = x[n, bottom, left, c], x[n, bottom, right, c]
                    first = under_a if under_a > a or under_a != under_a else a
                    second = under_b if under_b > b or under_b != under_b else b
                    lower = under_b > b if second > first else under_a > a
                    out[n, row, column, c] = second if second > first or second != second else first
                    winner[n, row, column, c] = 2 * lower + (second > first)


@loop(PICTURES, FLAGS, into(PICTURES))
def unhalve(g, winner, out):
    """Each gradient to the pixel that was the largest, and zero to all others."""
    images, height, width, channels = out.shape
    for n in range(images):
        for row in range(height):
            for column in range(width):
                r, s, place = row // 2, column // 2, 2 * (row % 2) + column % 2
                if r < g.shape[1] and s < g.shape[2]:
                    for c in range(channels):
                        out[n, row, column, c] = g[n, r, s, c] if winner[n, r, s, c] == place else 0
                else:
                    for c in range(channels):
                        out[n, row, column, c] = 0


# -- Winograd's tiles --------------------------------------------------------------------------------------
#
# The channels of a pixel lie side by side, and so do the pixels of a row: a row of a tile is one run of memory,
# in the picture as in the tile. So columns and channels are counted together here, as one.


@loop(PICTURES, WHOLE, WHOLE, WHOLE, into(TILES))
def cut_tiles(x, top, left, side, out):
    """Cut framed pictures into tiles: out (N, down, across, n, n, C); each begins `side` pixels after the last.

    The frame is imaginary: `top` rows and `left` columns of zeros, and as many as it takes at the other end.
    """
    images, height, width, channels = x.shape
    _, down, across, n, _, _ = out.shape
    pictures = x.reshape(images, height, width * channels)
    tiles = out.reshape(images, down, across, n, n * channels)
    for image in range(images):
        for a in range(down):
            for b in range(across):
                start = (b * side - left) * channels  # where in a row of the picture the tile begins
                first, last = max(0, -start), min(n, width + left - b * side) * channels
                for i in range(n):
                    row, tile = a * side + i - top, tiles[image, a, b, i]
                    if first > 0 or last < len(tile) or row < 0 or row >= height:
                        for t in range(len(tile)):
                            tile[t] = 0
                    if 0 <= row < height:
                        run, inside = pictures[image, row, start + first : start + last], tile[first:last]
                        for t in range(len(run)):
                            inside[t] = run[t]


@loop(TILES, WHOLE, WHOLE, WHOLE, into(PICTURES))
def add_tiles(tiles, top, left, side, out):
    """Add tiles (N, down, across, n, n, C) up where `cut_tiles` cut them, for they overlap."""
    images, height, width, channels = out.shape
    _, down, across, n, _, _ = tiles.shape
    pictures = out.reshape(images, height, width * channels)
    rows = tiles.reshape(images, down, across, n, n * channels)
    for image in range(images):
        pictures[image] = 0
        for a in range(down):
            for b in range(across):
                start = (b * side - left) * channels
                first, last = max(0, -start), min(n, width + left - b * side) * channels
                for i in range(max(0, top - a * side), min(n, height + top - a * side)):
                    run = pictures[image, a * side + i - top, start + first : start + last]
                    tile = rows[image, a, b, i, first:last]
                    for t in range(len(run)):
                        run[t] += tile[t]


@loop(TILES, into(PICTURES))
def paste_tiles(tiles, out):
    """Lay tiles (N, down, across, side, side, K) side by side; what hangs over the edge is dropped."""
    images, height, width, kernels = out.shape
    _, down, across, side, _, _ = tiles.shape
    pictures = out.reshape(images, height, width * kernels)
    rows = tiles.reshape(images, down, across, side, side * kernels)
    for image in range(images):
        for a in range(down):
            for b in range(across):
                start, length = b * side * kernels, min(side, width - b * side) * kernels
                for i in range(min(side, height - a * side)):
                    run, tile = pictures[image, a * side + i, start : start + length], rows[image, a, b, i]
                    for t in range(len(run)):
                        run[t] = tile[t]


@loop(PICTURES, into(TILES))
def unpaste_tiles(g, tiles):
    """Cut pictures into tiles that do not overlap; beyond the edge there is zero."""
    images, height, width, kernels = g.shape
    _, down, across, side, _, _ = tiles.shape
    pictures = g.reshape(images, height, width * kernels)
    rows = tiles.reshape(images, down, across, side, side * kernels)
    for image in range(images):
        for a in range(down):
            for b in range(across):
                start, length = b * side * kernels, min(side, width - b * side) * kernels
                for i in range(side):
                    row, tile = a * side + i, rows[image, a, b, i]
                    if length < len(tile) or row >= height:
                        for t in range(len(tile)):
                            tile[t] = 0
                    if row < height:
                        run = pictures[image, row, start : start + length]
                        for t in range(len(run)):
                            tile[t] = run[t]
