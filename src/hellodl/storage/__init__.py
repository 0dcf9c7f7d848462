"""How arrays and pictures lie on a disk: bytes and nothing of what they mean.

    quantize          an array in 8 or 4 bits, and back
    safetensors       named arrays and their description, as one file that PyTorch opens too
    pictures          what the file of a picture says of itself before it is decoded
    atomic            a file is written whole or not at all

The ground floor: nothing here imports from the rest of hellodl but its errors. Files that hold a *model* are the
business of `train/checkpoint.py`.
"""
