"""Fit the built-in handwriting: python tools/fit_ink.py FOLDER -o src/hellodl/data/ink.npz

FOLDER holds UNIPEN's strokes (unipen_strokes_1a1b1c.npz). Read are the training writers' drawings alone; what
is written are parameters alone: average curves that at least five people share, and how these vary. In short:

1. Each drawing loses its writer's slant, its size and its place. Its strokes are put in the order and the
   direction that most people write them in, and become 40 points at equal steps along the pen's path.
2. Drawings that look like no other person's drawing of that character (slips of the pen, wrong labels), or
   have too little ink (fragments), are left out.
3. One basis for all curves: principal components (Pearson 1901; Hotelling 1933).
4. Per character, and per number of strokes, k-means (Lloyd 1957) finds the styles. One that fewer than five
   people share is dissolved, and its drawings go to the next best.
5. A style is its mean, its few strongest directions of variation, and the size of the wobble that is left;
   all in 8 bits. A factorial model of this kind is Ghahramani and Hinton's mixture of factor analysers (1996).
6. Privacy: where the samples of a style would lie nearer to somebody's drawing than other people's drawings
   lie to each other, the style's wobble is widened until they do not; the figures are printed and stored.

The same FOLDER and seed give the same file. It takes about four minutes on one core.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ink_curves import FEWEST_WRITERS, MOST_STROKES, POINTS, Group, boxed, distance_to_nearest, grouped
from ink_trust import Onlookers, not_fragments

from hellodl.console import log, progress_bar, start_logging
from hellodl.data.unipen import CLASSES_62, load_strokes


@dataclass(frozen=True)
class Settings:
    """What can be turned: found by training readers on ink and testing them on writers left out of the fit."""

    styles: int = 2800
    basis: int = 56  # directions that tell the styles' means apart
    varied: int = 28  # the strongest of them, in which a style's own variation is kept
    components: int = 5
    seed: int = 1
    held_out: float = 0.12
    neighbours: int = 20
    share: float = 0.1
    legible: float = 0.95


# ---------------------------------------------------------------- curves become styles


def basis_of(curves: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean curve (2 * POINTS,) and the `count` strongest directions around it, as rows."""
    mean = curves.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov((curves - mean).T))
    return mean, np.ascontiguousarray(directions[:, ::-1][:, :count].T)


def nearest(places: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest centre of each place, and the squared distance to it."""
    distances = (places**2).sum(axis=1)[:, None] - 2 * places @ centres.T + (centres**2).sum(axis=1)
    closest = distances.argmin(axis=1)
    return closest, np.maximum(distances[np.arange(len(places)), closest], 0)


def spread_out_starts(places: np.ndarray, weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """First centres far apart (k-means++, Arthur and Vassilvitskii 2007)."""
    centres = [places[rng.choice(len(places), p=weights / weights.sum())]]
    distances = ((places - centres[0]) ** 2).sum(axis=1)
    while len(centres) < count:
        chance = distances * weights
        centres.append(places[rng.choice(len(places), p=chance / chance.sum())])
        distances = np.minimum(distances, ((places - centres[-1]) ** 2).sum(axis=1))
    return np.array(centres)


def weighted_means(places: np.ndarray, weights: np.ndarray, closest: np.ndarray, count: int) -> np.ndarray:
    """The weighted mean of the places that belong to each of `count` centres."""
    members = np.zeros((count, len(places)), places.dtype)
    members[closest, np.arange(len(places))] = weights
    return members @ places / np.maximum(members.sum(axis=1, keepdims=True), 1e-9)


def k_means(
    places: np.ndarray, weights: np.ndarray, writers: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """The cluster of each place (N,), every cluster shared by at least five writers."""
    centres = spread_out_starts(places, weights, count, rng)
    closest, _ = nearest(places, centres)
    for _ in range(20):
        centres = weighted_means(places, weights, closest, len(centres))
        closest, _ = nearest(places, centres)
    while len(centres) > 1:
        people = np.array([len(np.unique(writers[closest == k])) for k in range(len(centres))])
        if people.min() >= FEWEST_WRITERS:
            break
        centres = np.delete(centres, people.argmin(), axis=0)
        closest, _ = nearest(places, centres)
    return closest


def styles_of(
    group: Group, places: np.ndarray, trusted: np.ndarray, count: int, settings: Settings, rng: np.random.Generator
) -> list[dict]:
    """The styles of one group: mean, loadings (strongest directions, each one standard deviation long), wobble.

    `places` (N, basis) are the curves in the common basis; only `trusted` drawings are used.
    """
    places, writers = places[trusted], group.writers[trusted]
    if len(np.unique(writers)) < FEWEST_WRITERS:
        return []
    _, person, drawn = np.unique(writers, return_inverse=True, return_counts=True)
    weights = (1 / np.sqrt(drawn))[person]  # one who drew a hundred of them counts as ten people who drew one
    closest = k_means(places, weights, writers, count, rng)
    styles = []
    for cluster in range(closest.max() + 1):
        members = np.flatnonzero(closest == cluster)
        for _ in range(2):  # without the drawings that are far out
            mean = np.average(places[members], axis=0, weights=weights[members])
            away = np.sqrt(((places[members] - mean) ** 2).sum(axis=1))
            members = members[away <= 2.2 * np.sqrt((away**2).mean())]
        if len(members) < 8 or len(np.unique(writers[members])) < FEWEST_WRITERS:
            continue
        mean = np.average(places[members], axis=0, weights=weights[members])
        off = (places[members] - mean) * np.sqrt(weights[members] / weights[members].mean())[:, None]
        _, lengths, directions = np.linalg.svd(off / np.sqrt(len(members)), full_matrices=False)
        loadings = np.zeros((settings.components, places.shape[1]))
        kept = min(settings.components, len(lengths))
        loadings[:kept] = lengths[:kept, None] * directions[:kept]
        loadings[:, settings.varied :] = 0  # what varies there is left to the wobble
        left = (off**2).mean(axis=0) - (loadings**2).sum(axis=0)
        style = {"mean": mean, "loadings": loadings, "left": np.maximum(left, 0), "weight": weights[members].sum()}
        style |= {"people": len(np.unique(writers[members])), "drawings": len(members)}
        styles.append(style | {"items": np.flatnonzero(trusted)[members]})
    return styles


def fit(groups: list[Group], settings: Settings) -> dict[str, np.ndarray]:
    """All parameters of the handwriting, as the arrays of ink.npz."""
    rng = np.random.default_rng(settings.seed)
    onlookers = Onlookers(groups, settings.neighbours, settings.seed)
    whole = not_fragments(groups)
    trust = [(share >= settings.share) & good for share, good in zip(onlookers.of_drawings(), whole)]
    flat = np.concatenate([group.curves[good].reshape(-1, 2 * POINTS) for group, good in zip(groups, trust)])
    dropped = sum(int((~good).sum()) for good in trust)
    log.info("%d drawings, %d of them not used", len(flat) + dropped, dropped)
    basis_mean, basis = basis_of(flat, settings.basis)
    sizes = np.array([good.sum() for good in trust]) ** 0.75
    counts = np.maximum(1, np.rint(sizes / sizes.sum() * settings.styles)).astype(int)
    styles, owner, refused = [], [], 0
    with progress_bar("styles", len(groups)) as bar:
        for number, (group, good, count) in enumerate(zip(groups, trust, counts)):
            places = (group.curves.reshape(-1, 2 * POINTS) - basis_mean) @ basis.T
            found = styles_of(group, places, good, int(count), settings, rng)
            legible = [s for s in found if tamed(s, group, basis_mean, basis, onlookers, settings, rng)]
            styles += legible
            refused += len(found) - len(legible)
            owner += [number] * len(legible)
            bar.advance()
    log.info("%d styles, %d refused as not legible", len(styles), refused)
    figures = kept_apart(groups, styles, np.array(owner), basis_mean, basis, rng)
    return packed(groups, styles, np.array(owner), basis_mean, basis, settings, rng) | figures


def samples_of(style: dict, basis_mean, basis, count: int, rng: np.random.Generator) -> np.ndarray:
    """Curves (count, POINTS, 2) written in a style, in boxes of longest side 1."""
    latent = np.clip(rng.standard_normal((count, len(style["loadings"]))), -2.5, 2.5)
    places = style["mean"] + latent @ style["loadings"]
    places += rng.standard_normal(places.shape) * np.sqrt(style["left"])
    curves = (basis_mean + places @ basis).reshape(count, POINTS, 2)
    return boxed(curves).astype(np.float32)


def tamed(style, group, basis_mean, basis, onlookers, settings: Settings, rng) -> bool:
    """Narrow a style until nearly all of its samples are legible; False where even its middle is not."""
    for _ in range(4):
        curves = samples_of(style, basis_mean, basis, 40, rng)
        share = onlookers.of_curves(curves, group.counts, group.character)
        style["agreed"] = share.mean()
        if (share >= settings.share).mean() >= settings.legible:
            return True
        style["loadings"] = style["loadings"] * 0.8
        style["left"] = style["left"] * 0.64
    return False


def packed(groups, styles, owner, basis_mean, basis, settings, rng) -> dict[str, np.ndarray]:
    """The styles in 8 bits, and what is needed to draw from them."""
    means = np.array([style["mean"] for style in styles])
    loadings = np.array([style["loadings"] for style in styles])
    left = np.array([style["left"] for style in styles])
    profile = np.sqrt(left.mean(axis=0))
    wobble = np.sqrt(left.sum(axis=1) / (profile**2).sum())
    mean_step, loading_step = np.abs(means).max(axis=0) / 127, np.abs(loadings).max(axis=(0, 1)) / 127
    loadings, loading_step = loadings[:, :, : settings.varied], loading_step[: settings.varied]
    characters = np.array([groups[number].character for number in owner])
    weights = np.array([style["weight"] for style in styles])
    held_out = np.zeros(len(styles), bool)
    for number in range(len(CLASSES_62)):
        own = np.flatnonzero(characters == number)
        # Common and legible ones, so that a page in them can be read; the commonest of all always trains.
        common = own[np.argsort(-weights[own])][1:][: max(6, len(own) // 2)]
        clear = common[np.argsort([-styles[place]["agreed"] for place in common])][: max(3, len(common) // 2)]
        take = max(3, round(settings.held_out * len(own)))
        held_out[rng.permutation(clear)[:take]] = True
    strokes = np.zeros((len(groups), MOST_STROKES), np.uint8)
    for number, group in enumerate(groups):
        strokes[number, : len(group.counts)] = group.counts
    return {
        "basis_mean": basis_mean.astype(np.float16),
        "basis": basis.astype(np.float16),
        "mean_step": mean_step.astype(np.float32),
        "loading_step": loading_step.astype(np.float32),
        "wobble_profile": profile.astype(np.float32),
        "group_character": np.array([group.character for group in groups], np.uint8),
        "group_counts": strokes,
        "style_group": owner.astype(np.uint8),
        "style_mean": np.rint(means / mean_step).astype(np.int8),
        "style_loadings": np.rint(loadings / loading_step).astype(np.int8),
        "style_wobble": np.clip(np.rint(wobble * 64), 1, 255).astype(np.uint8),
        "style_people": np.minimum([style["people"] for style in styles], 255).astype(np.uint8),
        "style_weight": weights.astype(np.float16),
        "style_held_out": held_out,
    }


# ---------------------------------------------------------------- nobody's drawing comes out


QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5)


def kept_apart(groups, styles, owner, basis_mean, basis, rng) -> dict[str, np.ndarray]:
    """Widen styles until samples keep the distance from drawings that other people's drawings keep.

    Per group, as many samples as drawings: their distances to the nearest drawing may not be smaller, at the
    closest 1, 5 and 25 per cent, than the drawings' distances to the nearest drawing by someone else; and for
    no more than half of the drawings may the nearest sample be nearer than the nearest other person's
    drawing. Returns the figures over all groups, which ink.npz keeps.
    """
    from_people, from_samples, overtaken, widened = [], [], [], 0
    with progress_bar("keeping samples apart from drawings", len(groups)) as bar:
        for number, group in enumerate(groups):
            bar.advance()
            own = [styles[place] for place in np.flatnonzero(owner == number)]
            if not own:
                continue
            people = distance_to_nearest(group.curves, group.curves, group.writers, group.writers)
            chance = np.array([style["weight"] for style in own])
            for _ in range(8):
                counts = np.maximum(rng.multinomial(len(people), chance / chance.sum()), 4)
                written = [samples_of(style, basis_mean, basis, n, rng) for style, n in zip(own, counts)]
                written = np.concatenate(written)
                samples = distance_to_nearest(written, group.curves)
                nearer = distance_to_nearest(group.curves, written) < people
                low = (0.01, 0.05, 0.25)
                if (np.quantile(samples, low) >= np.quantile(people, low)).all() and nearer.mean() <= 0.5:
                    break
                widened += 1
                for style in own:
                    style["left"] = style["left"] * 1.21 + 1e-6
            from_people.append(people)
            from_samples.append(samples)
            overtaken.append(nearer)
    people = np.quantile(np.concatenate(from_people), QUANTILES).astype(np.float32)
    samples = np.quantile(np.concatenate(from_samples), QUANTILES).astype(np.float32)
    share = float(np.concatenate(overtaken).mean())
    log.info("wobble widened %d times; distances at the closest %s:", widened, QUANTILES)
    log.info("  drawing to another person's drawing  %s", people.round(4))
    log.info("  sample to drawing                    %s", samples.round(4))
    log.info("  drawings whose nearest sample is nearer than the nearest other person's: %.1f%%", 100 * share)
    return {"privacy_people": people, "privacy_samples": samples, "privacy_nearer": np.float32(share)}


def main() -> None:
    """Fit on a folder, write the file, say how large it is."""
    parser = argparse.ArgumentParser(description="fit the built-in handwriting on UNIPEN's strokes")
    parser.add_argument("folder", type=Path, help="where unipen_strokes_1a1b1c.npz lies")
    parser.add_argument("-o", "--output", type=Path, default=Path("src/hellodl/data/ink.npz"))
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--styles", type=int, default=Settings.styles)
    arguments = parser.parse_args()
    start_logging()
    drawings = load_strokes(arguments.folder)
    groups = grouped(drawings, drawings.select("train"))
    arrays = fit(groups, Settings(seed=arguments.seed, styles=arguments.styles))
    np.savez_compressed(arguments.output, allow_pickle=False, **arrays)
    log.info("%s: %d styles, %d bytes", arguments.output, len(arrays["style_group"]), arguments.output.stat().st_size)


if __name__ == "__main__":
    main()
