"""Layers, losses, attention and sequences of several lengths: PyTorch 2.13's values and gradients, in float64.

Inputs and weights are waves, and what comes out is summed up with another wave, so that one number tells of all.
"""

import numpy as np
import pytest

from hellodl import nn, ops
from hellodl.autograd.tensor import Tensor


def wave(*shape, k=1.0):
    return (np.sin(np.arange(np.prod(shape)) * k + 0.3) * 1.5).reshape(shape)


def other_wave(shape):
    return np.cos(np.arange(np.prod(shape)) * 0.7).reshape(shape)


def told(array):
    return float((array * other_wave(array.shape)).sum())


def tensor(array):
    return Tensor(array, requires_grad=True, dtype=np.float64)


def filled(layer, scale=1.0):
    for number, parameter in enumerate(layer.parameters()):
        parameter.data = scale * wave(*parameter.shape, k=0.37 + 0.1 * number)
    return layer


def assert_told(arrays, numbers):
    np.testing.assert_allclose([told(array) for array in arrays], numbers, rtol=2e-6, atol=1e-7)


# What PyTorch says: a shape, then the results, the gradient of the input, and those of all weights.
LAYERS = {
    "conv2d groups": [[2, 5, 4, 6], -21.94032, 4.988565, 69.93873, 2.969046],
    "conv2d dilation": [[2, 3, 4, 3], -10.50353, 0.203768, -11.04511, 0.111928],
    "conv2d same": [[1, 5, 6, 3], 6.120733, -5.385045, 18.98098, 0.1414204],
    "conv1d": [[2, 4, 6], 2.620055, 1.443155, 0.5758895, 2.199824],
    "convtranspose": [[2, 8, 10, 2], 20.9896, -8.565075, 47.62658, -0.1714982],
    "convtranspose b": [[1, 8, 4, 3], -1.567199, -0.5864816, 6.821667, 0.07954067],
    "maxpool padding": [[2, 3, 4, 2], 3.861077, 5.203143],
    "maxpool padding ceil": [[2, 4, 5, 2], -3.647937, -3.003753],
    "avgpool padding": [[2, 3, 4, 2], 0.7450637, 0.2919984],
    "adaptive": [[2, 3, 2, 2], 0.01141134, -0.1464327],
    "adaptive none": [[1, 3, 4, 2], 0.1761779, 0.9576711],
    "upsample nearest": [[1, 6, 9, 2], 15.37444, 5.814246],
    "upsample bilinear": [[1, 6, 8, 2], 0.1646403, 1.535031],
    "groupnorm": [[2, 3, 4, 6], 0.6078514, 79.83669, 0.7758031, -0.1830337],
    "batchnorm1d": [[3, 5, 4], -2.634398, 29.12376, 2.856335, 1.030458],
    "layernorm": [[2, 3, 4], -6.100058, 1.961066, 0.6407198, 2.373036],
    "leaky": [[3, 4], 3.499761, 4.012534],
    "elu": [[3, 4], 4.299959, 4.611835],
    "silu": [[3, 4], 2.747628, 2.810148],
    "softplus": [[3, 4], 3.322834, 2.944545],
    "softmax": [[3, 4], 1.614209, 0.4811663],
    "flatten": [[2, 3, 4], 2.109495, 12.63661],
}
LOSSES = {
    "ce mean": [1.327099, 0.1817782],
    "ce plain mean": [1.100508, 0.1137248],
    "nll mean": [1.322395, 0.1829025],
    "l1 mean": [1.262571, 0.07828186],
    "mse mean": [2.597223, 0.6374513],
    "huber mean": [0.6983854, 0.09558933],
    "kl mean": [0.04844545, 0.04523482],
    "bce mean": [1.116219, 0.04889929],
    "ce sum": [5.308397, 0.727113],
    "ce plain sum": [3.301525, 0.3411745],
    "nll sum": [5.289579, 0.7316102],
    "l1 sum": [15.15085, 0.9393823],
    "mse sum": [31.16668, 7.649416],
    "huber sum": [8.380625, 1.147072],
    "kl sum": [0.5813454, 0.5428178],
    "bce sum": [13.39463, 0.5867915],
    "ce none": [0.2240065, 0.4477254],
    "ce plain none": [0.59497, 0.2519868],
    "nll none": [0.06033701, 0.4910015],
    "l1 none": [-2.662104, -3.873986],
    "mse none": [-9.423515, -15.10654],
    "huber none": [-1.887881, -2.329396],
    "kl none": [-0.5741325, -0.5029018],
    "bce none": [-1.106094, -3.595852],
    "kl batchmean": [0.1453364, 0.1357045],
}
ATTENTION = {
    "plain": [5.034195, 0.4003613, 12.1498, 0.7449355, -7.903409, -4.244919, 12.97977, 1.093908],
    "padding": [4.878252, 1.200613, 13.61386, -0.04235603, -7.762123, -4.453329, 11.02162, 1.093908],
    "both": [2.316241, 1.883591, -2.683769, 0.04082046, -1.16734, -0.09723198, 10.91398, 1.093908],
    "added": [5.107423, 0.3633539, 18.21711, 0.7293246, -10.55421, -5.846663, 13.02394, 1.093908],
}
RECURRENT = {
    "RNN": [-1.618732, -0.875306, 2.896849, 0.714144, -0.5691542, 2.146004, 2.146004],
    "GRU": [2.203531, -0.3739511, -0.193666, 0.07295557, -0.2136217, -1.761971, -0.9228888],
    "LSTM": [0.4399725, 0.5215677, -0.06381841, -0.03141677, 0.3646621, 0.1201527, -0.9003325, -0.9003325],
}


MADE = {
    "conv2d groups": (nn.Conv2d(4, 6, 3, padding=1, groups=2), (2, 5, 4, 4)),
    "conv2d dilation": (nn.Conv2d(2, 3, 3, 2, (1, 2), 2), (2, 7, 8, 2)),
    "conv2d same": (nn.Conv2d(2, 3, (2, 3), padding="same", dilation=(1, 2)), (1, 5, 6, 2)),
    "conv1d": (nn.Conv1d(4, 6, 3, 2, 1, 2, 2), (2, 9, 4)),
    "convtranspose": (nn.ConvTranspose2d(3, 2, 3, 2, 1, 1), (2, 4, 5, 3)),
    "convtranspose b": (nn.ConvTranspose2d(2, 3, (2, 4), (3, 1), (0, 2)), (1, 3, 5, 2)),
    "maxpool padding": (nn.MaxPool2d(3, 2, 1), (2, 6, 7, 2)),
    "maxpool padding ceil": (nn.MaxPool2d(3, 2, 1, ceil_mode=True), (2, 6, 8, 2)),
    "avgpool padding": (nn.AvgPool2d((3, 2), 2, 1), (2, 6, 7, 2)),
    "adaptive": (nn.AdaptiveAvgPool2d((3, 2)), (2, 7, 5, 2)),
    "adaptive none": (nn.AdaptiveAvgPool2d((None, 4)), (1, 3, 6, 2)),
    "upsample nearest": (nn.Upsample(scale_factor=3), (1, 2, 3, 2)),
    "upsample bilinear": (nn.Upsample(scale_factor=2, mode="bilinear"), (1, 3, 4, 2)),
    "groupnorm": (nn.GroupNorm(2, 6), (2, 3, 4, 6)),
    "batchnorm1d": (nn.BatchNorm1d(4), (3, 5, 4)),
    "layernorm": (nn.LayerNorm((3, 4)), (2, 3, 4)),
    "leaky": (nn.LeakyReLU(0.2), (3, 4)),
    "elu": (nn.ELU(1.3), (3, 4)),
    "silu": (nn.SiLU(), (3, 4)),
    "softplus": (nn.Softplus(2.0, 1.5), (3, 4)),
    "softmax": (nn.Softmax(dim=0), (3, 4)),
    "flatten": (nn.Flatten(2), (2, 3, 4)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    layer, shape = MADE[name]
    layer, x = filled(layer), tensor(wave(*shape))
    out = layer(x)
    out.backward(other_wave(out.shape))
    assert list(out.shape) == LAYERS[name][0]
    assert_told([out.data, x.grad, *(p.grad for p in layer.parameters())], LAYERS[name][1:])


TARGETS, WEIGHT, OTHER = np.array([2, 0, -100, 1]), np.array([0.5, 2.0, 1.5]), wave(4, 3, k=0.2)
SHARES = ops.softmax(Tensor(OTHER, dtype=np.float64), 1).data
CRITERIA = {
    "ce": lambda how: (nn.CrossEntropyLoss(weight=WEIGHT, reduction=how, label_smoothing=0.1), TARGETS),
    "ce plain": lambda how: (nn.CrossEntropyLoss(reduction=how), TARGETS),
    "nll": lambda how: (nn.NLLLoss(weight=WEIGHT, reduction=how), TARGETS),
    "l1": lambda how: (nn.L1Loss(reduction=how), OTHER),
    "mse": lambda how: (nn.MSELoss(reduction=how), OTHER),
    "huber": lambda how: (nn.HuberLoss(reduction=how, delta=0.7), OTHER),
    "kl": lambda how: (nn.KLDivLoss(reduction=how), SHARES),
    "bce": lambda how: (nn.BCEWithLogitsLoss(pos_weight=WEIGHT, reduction=how), (OTHER > 0) * 0.9),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    kind, _, how = name.rpartition(" ")
    criterion, target = CRITERIA[kind](how)
    if how == "batchmean":
        criterion, target = nn.KLDivLoss(reduction=how, log_target=True), np.log(SHARES)
    x = tensor(wave(4, 3))
    loss = criterion(ops.log_softmax(x, dim=1) if kind in ("nll", "kl") else x, target)
    loss.backward(other_wave(loss.shape))
    assert_told([loss.data, x.grad], LOSSES[name])


PADDING = np.array([[0, 0, 0, 1, 1], [0, 1, 0, 0, 0]], bool)
ASKED = {
    "plain": (False, {}),
    "padding": (True, {"key_padding_mask": PADDING, "average_attn_weights": False}),
    "both": (True, {"key_padding_mask": PADDING, "attn_mask": Tensor(np.triu(np.ones((3, 5), bool), 1))}),
    "added": (False, {"attn_mask": wave(3, 5, k=0.3)}),
}


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_across_two_sequences(name):
    batch_first, masks = ASKED[name]
    layer = filled(nn.MultiheadAttention(4, 2, batch_first=batch_first))
    asking, asked = (tensor(wave(*((2, n, 4) if batch_first else (n, 2, 4)), k=k)) for n, k in ((3, 0.9), (5, 0.5)))
    out, shares = layer(asking, asked, asked, **masks)
    out.backward(other_wave(out.shape))
    told_of = [out.data, shares.data, asking.grad, asked.grad, *(p.grad for p in layer.parameters())]
    assert_told(told_of, ATTENTION[name])
    assert layer(asking, asked, asked, need_weights=False, **masks)[1] is None


@pytest.mark.parametrize("name", RECURRENT)
def test_sequences_of_several_lengths(name):
    layer, x = filled(getattr(nn, name)(3, 4, 2, bidirectional=True), 0.3), tensor(wave(5, 3, 3))
    out, state = layer(x, lengths=[3, 5, 2])
    states = state if isinstance(state, tuple) else (state,)
    ((out * other_wave(out.shape)).sum() + (states[0] * states[0]).sum()).backward()
    four = [p.grad for p in layer.parameters()][:4]
    assert_told([out.data, *(part.data for part in states), x.grad, *four], RECURRENT[name])
    assert (out.data[2:, 2] == 0).all()


def test_pythons_abs_is_the_absolute_value():
    x = Tensor([-2.0, 3.0], requires_grad=True)
    abs(x).sum().backward()
    assert abs(x).tolist() == [2.0, 3.0] and x.grad.tolist() == [-1.0, 1.0]
