"""Which device to compute on, and what it can do."""

from __future__ import annotations

import os

# Before torch is imported: two OpenMP threads that spin while waiting slow a shared 2-core machine
# down 10 to 20 times.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from engine.errors import OptionFault


def pick_device(name: str | None = None) -> torch.device:
    """The device named, else the best there is: CUDA, then MPS, then CPU. Raises `OptionFault`."""
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise OptionFault(f"device {name!r} cannot be used here: use cpu, cuda or mps") from error
    return device


def prepare(device: torch.device, threads: int) -> None:
    """Set what holds for the whole process: threads of the CPU, quick kernels of CUDA.

    CUDA may choose its kernels by measuring them and shorten factors of products to 10 bits (TF32). Results
    then differ from one start to the next in their last bits: only the CPU repeats them exactly.
    """
    torch.set_num_threads(threads)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def trains_in_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is quick there (in software it is many times slower)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities = torch.backends.cpu.get_cpu_capability()
        return "AVX512" in capabilities and bool(torch.cpu._is_avx512_bf16_supported())
    return False


def describe_device(device: torch.device) -> str:
    """For a person: `CPU, 2 threads`, or the accelerator's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type != "cpu":
        return device.type.upper()
    threads = torch.get_num_threads()
    return "CPU, 1 thread" if threads == 1 else f"CPU, {threads} threads"
