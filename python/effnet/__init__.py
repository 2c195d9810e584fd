"""Runs EfficientNets that effnetc compiled: numpy in, numpy out.

    import effnet

    with effnet.Model("efficientnet_b0", weights="efficientnet_b0.weights") as model:
        for guess in model.classify("photo.jpg", top=3):
            print(f"{guess.label}: {guess.probability:.3f}")
"""

from effnet._errors import Error, Status
from effnet._info import Info
from effnet._library import find_library
from effnet._model import Guess, Model, Outputs

__version__ = "0.3.0"
__all__ = ["Error", "Guess", "Info", "Model", "Outputs", "Status", "find_library"]
