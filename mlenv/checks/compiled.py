"""Packages with compiled code of PyTorch, by what their files and modules are called."""

from __future__ import annotations

_NAMES = (
    ("flash_attn", "flash-attn"),
    ("flash-attn", "flash-attn"),
    ("xformers", "xformers"),
    ("mmcv", "mmcv"),
    ("detectron2", "detectron2"),
    ("torch_scatter", "torch-scatter"),
    ("torch_sparse", "torch-sparse"),
    ("torch_cluster", "torch-cluster"),
    ("pyg_lib", "pyg-lib"),
    ("pytorch3d", "pytorch3d"),
    ("sgl_kernel", "sgl-kernel"),
    ("vllm", "vllm"),
    ("deepspeed", "deepspeed"),
    ("causal_conv1d", "causal-conv1d"),
    ("mamba_ssm", "mamba-ssm"),
    ("selective_scan", "mamba-ssm"),
    ("transformer_engine", "transformer-engine"),
    ("torchao", "torchao"),
    ("torchtext", "torchtext"),
    ("natten", "natten"),
    ("apex", "apex"),
    ("auto_gptq", "auto-gptq"),
    ("awq", "autoawq"),
    ("sageattention", "sageattention"),
    ("diff_gaussian", "diff-gaussian-rasterization"),
    ("ctranslate2", "ctranslate2"),
)


def named_extension(line: str) -> str:
    """The distribution whose files or modules a line of text names; empty where it names none."""
    folded = line.lower()
    return next((name for word, name in _NAMES if word in folded), "")
