"""How every entry learns MNIST, so that only the libraries differ: fixed before any of them saw a test image.

It was chosen by what 50,000 of the training images teach about the other 10,000.
"""

CHANNELS = (24, 48, 96)  # of the convolutions: windows of 3×3, each followed by the largest of 2×2, and ReLU
CLASSES = 10
EPOCHS = 1
BATCH = 64  # images a step; what does not fill a last batch is left out
RATE = 1.2e-2  # the highest learning rate: up for the first 30% of the steps and down again, in half cosines
LABEL_SMOOTHING = 0.1  # of the truth, shared out among all answers
WEIGHT_DECAY = 0.01  # of kernels and matrices; biases are not decayed
