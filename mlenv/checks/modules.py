"""Whose module it is that an import names: Python's, a package's that others publish, or the user's own."""

from __future__ import annotations

import sys

from mlenv.checks.registry import Case
from mlenv.checks.wording import all_words

KNOWN = (
    "torch", "tensorflow", "jax", "torchvision", "torchaudio", "transformers", "numpy", "pandas", "sklearn",
    "keras", "cv2", "onnxruntime", "xgboost", "matplotlib", "scipy", "jaxlib", "pip",
)  # fmt: skip
"""Packages whose absence from the Python that runs is looked into."""
# Others that people name a file or a folder of theirs after.
_PUBLISHED = frozenset((
    *KNOWN,
    "accelerate", "aiohttp", "albumentations", "apex", "bitsandbytes", "bokeh", "catboost", "click", "cupy",
    "dask", "datasets", "deepspeed", "detectron2", "diffusers", "dgl", "einops", "evaluate", "faiss", "fastai",
    "fastapi", "flask", "flax", "gensim", "google", "gradio", "gym", "gymnasium", "h5py", "huggingface_hub",
    "imageio", "joblib", "langchain", "librosa", "lightgbm", "lightning", "mmcv", "mxnet", "networkx", "nltk",
    "numba", "onnx", "openai", "optax", "optuna", "paddle", "peft", "pil", "plotly", "psutil", "pydantic",
    "pytorch_lightning", "ray", "requests", "safetensors", "seaborn", "sentencepiece", "shap", "skimage",
    "spacy", "stable_baselines3", "statsmodels", "streamlit", "sympy", "tensorboard", "tensorflow_hub",
    "tensorflow_probability", "tokenizers", "torch_geometric", "torchmetrics", "torchtext", "tqdm", "trl",
    "triton", "ultralytics", "vllm", "wandb", "whisper", "xformers", "yaml",
))  # fmt: skip
# Modules of Python's own whose names people give to files, and what packages ask them for while they are imported.
_OF_PYTHON: dict[str, tuple[str, ...]] = {
    "random": ("Random", "SystemRandom", "choice", "randint", "random", "seed", "sample", "shuffle", "getrandbits"),
    "numbers": ("Integral", "Number", "Real", "Complex", "Rational"),
    "queue": ("Queue", "Empty", "Full", "LifoQueue", "PriorityQueue"),
    "copy": ("copy", "deepcopy"),
    "json": ("loads", "dumps", "load", "dump", "JSONDecodeError", "JSONEncoder"),
    "secrets": ("token_hex", "token_bytes", "choice", "randbits"),
    "select": ("select",),
    "signal": ("signal", "SIGINT", "SIGTERM", "Signals"),
    "string": ("Template", "Formatter", "digits", "ascii_letters", "punctuation"),
    "code": ("InteractiveConsole", "InteractiveInterpreter", "compile_command"),
    "token": ("tok_name", "NAME", "OP"),
    "tokenize": ("open", "generate_tokens", "TokenInfo"),
    "email": ("message_from_string", "message_from_bytes"),
    "calendar": ("timegm", "monthrange", "Calendar"),
    "statistics": ("mean", "median", "stdev"),
    "profile": ("run", "runctx", "Profile"),
    "test": ("support",),
}


def is_of_python(module: str, attribute: str) -> bool:
    """Whether a module of Python's own is said to lack what every release of it has."""
    return attribute in _OF_PYTHON.get(module, ())


def is_others(case: Case, module: str) -> bool:
    """Whether others publish a module of that name; an import that fails in one's own is a fault of one's program.

    Known packages and Python's own modules are, and what the environment holds or the text shows to be installed.
    """
    name = module.lower()
    if name in _PUBLISHED or module in sys.stdlib_module_names:
        return True
    if case.environment is not None and case.environment.distribution(name.replace("_", "-")) is not None:
        return True
    words = all_words(case).replace("\\", "/")
    return f"-packages/{name}" in words or any(
        f"{verb} {name}" in words for verb in ("pip install", "uv add", "conda install")
    )
