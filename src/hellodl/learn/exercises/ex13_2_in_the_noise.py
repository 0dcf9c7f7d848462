r"""13.2 The same lesson in another word

Had we asked for the noise, how large would the same mistake have been, at an angle of 10°, and of 80°? Write
`in_the_noise(mistake, angle)`: the mistake in the noise that follows from a mistake in the picture, at an angle in
radians. Work it out before you try.

Hint: What is seen is $x = \cos\varphi \cdot \text{picture} + \sin\varphi \cdot \text{noise}$, and it is known. So the
noise is $(x - \cos\varphi \cdot \text{picture}) / \sin\varphi$; what happens to it if the picture is wrong by a little?
"""

import numpy as np

from hellodl.learn.asking import Own


def in_the_noise(mistake, angle):
    """The mistake in the noise that goes with a mistake in the picture."""
    return -mistake * np.cos(angle) / np.sin(angle)


def check(own: Own) -> None:
    """Of pictures that are wrong by something known; whether it counts as more or as less is not asked."""
    rng = np.random.default_rng(0)
    picture, noise, mistake = rng.normal(size=(3, 5))
    for degrees in (10, 45, 80, 90):
        angle = np.radians(degrees)
        x = np.cos(angle) * picture + np.sin(angle) * noise
        wrong = (x - np.cos(angle) * (picture + mistake)) / np.sin(angle) - noise
        answer = own.ask("in_the_noise", mistake, angle)
        found = np.asarray(answer.value, float)
        sign = -1.0 if found.shape == wrong.shape and (found * wrong).sum() < 0 else 1.0
        answer.gives(sign * wrong)
