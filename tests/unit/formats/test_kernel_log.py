"""The kernel's log in the forms in which programs and files give it."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlenv.facts.system import KernelEvent
from mlenv.formats.kernel_kinds import MARKS, parse_message
from mlenv.formats.kernel_line import split_line
from mlenv.formats.kernel_log import MOST_EVENTS, parse_kernel_log

XID = "NVRM: Xid (PCI:0000:65:00): 79, pid=411, name=python3, GPU has fallen off the bus."


@pytest.mark.parametrize(
    ("before", "seconds"),
    [
        ("", None),
        ("[   12.345678] ", 12.345678),
        ("[123456.000001] ", 123456.000001),
        ("[   12.345678][ T4711] ", 12.345678),
        ("<3>[   12.345678] ", 12.345678),
        ("[  +0.000421] ", None),
        ("[<    0.000421>] ", None),
        ("[Tue Mar  4 10:11:12 2025] ", None),
        ("[Mar 4 10:11] ", None),
        ("[2025-03-04T10:11:12,345678+00:00] ", None),
        ("2025-03-04T10:11:12,345678+00:00 ", None),
        ("kern  :err   : [   12.345678] ", 12.345678),
        ("kern  :err   : 2025-03-04T10:11:12,345678+00:00 ", None),
        ("3,1234,12345678,-;", 12.345678),
        ("3,1234,12345678,-,caller=T4711;", 12.345678),
        ("Mar  4 10:11:12 node1 kernel: [   12.345678] ", 12.345678),
        ("Mar 14 10:11:12 node1.example.org kernel: ", None),
        ("2025-03-04T10:11:12.345678+01:00 node1 kernel: [   12.345678] ", 12.345678),
        ("2025-03-04T10:11:12+0100 node1 kernel: ", None),
        ("Tue 2025-03-04 10:11:12 UTC node1 kernel: ", None),
        ("[   12.345678] node1 kernel: ", 12.345678),
        ("kernel: ", None),
        ("             ", None),
    ],
)
def test_what_stands_before_a_message_is_read_and_left_out(before: str, seconds: float | None) -> None:
    assert (seconds, XID) == split_line(before + XID)
    expected = KernelEvent(kind="xid", text=XID, code=79, device="0000:65:00.0", seconds=seconds)
    assert (expected,) == parse_kernel_log(before + XID + "\n")


def test_another_program_in_the_same_file_is_not_the_kernel() -> None:
    assert split_line(f"Mar  4 10:11:12 node1 watcher[77]: saw {XID}") is None
    assert () == parse_kernel_log(f"2025-03-04T10:11:12.345678+01:00 node1 watcher[77]: {XID}\n")


def test_messages_with_brackets_of_their_own_stay_whole() -> None:
    assert (1.5, "[drm] Initialized nouveau 1.4.0") == split_line("[    1.500000] [drm] Initialized nouveau 1.4.0")


@pytest.mark.parametrize(
    ("text", "kind", "code", "device"),
    [
        ("NVRM: Xid (0000:0A:00): 31, Ch 00000010, engmask 00000101", "xid", 31, "0000:0a:00.0"),
        ("NVRM: Xid (PCI:0000:0a:00.1): 13, Graphics Exception", "xid", 13, "0000:0a:00.1"),
        ("NVRM: Xid (PCI:0000:0a:00 GPU-I:03): 94, Contained error", "xid", 94, "0000:0a:00.0"),
        ("nvidia-nvswitch2: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 30", "sxid", 20034, "0000:06:00.0"),
        ("NVRM: GPU 0000:0a:00.0: RmInitAdapter failed! (0x24:0x72:1568)", "nvidia", None, "0000:0a:00.0"),
        ("NVRM: GPU 0000:0a:00.0 is already bound to nouveau.", "nvidia", None, "0000:0a:00.0"),
        ("NVRM: None of the NVIDIA devices were initialized.", "nvidia", None, None),
        ("NVRM: No NVIDIA GPU found.", "nvidia", None, None),
        ("nvidia: probe of 0000:0a:00.0 failed with error -1", "nvidia", None, "0000:0a:00.0"),
        (
            "nvidia 0000:0a:00.0: Unable to change power state from D3cold to D0, device inaccessible",
            "nvidia",
            None,
            "0000:0a:00.0",
        ),
        ("[drm:nv_drm_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000a00] Failed", "nvidia", None, None),
        ("nvgpu: 17000000.gpu  nvgpu_gr_enable:47 [ERR] no firmware", "nvidia", None, None),
        ("nouveau 0000:0a:00.0: NVIDIA TU116 (168000a1)", "nouveau", None, "0000:0a:00.0"),
        ("nouveau 0000:0a:00.0: unknown chipset (1a4000a1)", "nouveau", None, "0000:0a:00.0"),
        ("[drm] Initialized nouveau 1.4.0 for 0000:0a:00.0 on minor 1", "nouveau", None, "0000:0a:00.0"),
        ("NovaCore 0000:0a:00.0: NVIDIA (Chipset: GA102, Architecture: Ampere)", "nouveau", None, "0000:0a:00.0"),
        ("amdgpu 0000:03:00.0: amdgpu: ring gfx_0.0.0 timeout, signaled seq=4", "amdgpu", None, "0000:03:00.0"),
        ("amdgpu 0000:03:00.0: amdgpu: GPU reset begin!", "amdgpu", None, "0000:03:00.0"),
        ("[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring sdma0 timeout", "amdgpu", None, None),
        ("kfd kfd: amdgpu: skipped device 1002:6863, PCI rejects atomics 730<0", "amdgpu", None, None),
        ("amdgpu 0000:03:00.0: amdgpu: PCIE atomic ops is not supported", "amdgpu", None, "0000:03:00.0"),
        ("i915 0000:00:02.0: [drm] GPU HANG: ecode 12:1:85dffffb, in python3 [411]", "intel", None, "0000:00:02.0"),
        ("xe 0000:03:00.0: [drm] device wedged, needs recovery", "intel", None, "0000:03:00.0"),
        ("python3[411]: segfault at 8 ip 00007f sp 00007ffc error 4 in libcuda.so.1", "segfault", None, None),
        ("traps: python3[411] trap invalid opcode ip:7f sp:7ffc in libtorch_cpu.so", "segfault", None, None),
        ("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=python3,pid=411", "out-of-memory", None, None),
        ("Out of memory: Killed process 411 (python3) total-vm:1kB", "out-of-memory", None, None),
        ("Memory cgroup out of memory: Killed process 411 (python3)", "out-of-memory", None, None),
        ("python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0", "out-of-memory", None, None),
        ("pcieport 0000:00:01.0: AER: Corrected error received: 0000:0a:00.0", "pcie", None, "0000:0a:00.0"),
        ("nvidia 0000:0a:00.0: PCIe Bus Error: severity=Corrected", "pcie", None, "0000:0a:00.0"),
        ("pci 0000:0a:00.0: BAR 1: no space for [mem size 0x400000000 64bit pref]", "pcie", None, "0000:0a:00.0"),
        ("mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 5: be000", "machine-check", None, None),
        ("EDAC MC0: 1 CE memory read error on CPU_SrcID#0", "machine-check", None, None),
        ("nvidia: module verification failed: signature and/or key missing", "module", None, None),
        ("nvidia: version magic '6.8.0-44 SMP' should be '6.8.0-45 SMP'", "module", None, None),
        ("nvidia_uvm: disagrees about version of symbol nvUvmInterfaceInit", "module", None, None),
        ("Loading of unsigned module is rejected", "module", None, None),
        ("Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7", "module", None, None),
    ],
)
def test_kind_code_and_device(text: str, kind: str, code: int | None, device: str | None) -> None:
    events = parse_kernel_log(f"[    1.000000] {text}\n")
    assert [(kind, text, code, device)] == [(event.kind, event.text, event.code, event.device) for event in events]


@pytest.mark.parametrize(
    "text",
    [
        "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  570.86.15",
        "NVRM: GPU Board Serial Number: 1234567890123 failed",
        "NVRM:     -3    103  GSP_LOCKDOWN_NOTICE error",
        "nvidia-nvswitch2: open (major=510)",
        "nvidia-gpu 0000:0a:00.3: i2c timeout error e0000000",
        "nvidia 0000:0a:00.0: [drm] Cannot find any crtc or sizes",
        "nvidia-modeset: WARNING: GPU:0: Unable to read EDID for display device DP-0",
        "amdgpu 0000:03:00.0: amdgpu: Trusted Memory Zone (TMZ) feature not supported",
        "i915 0000:00:02.0: [drm] *ERROR* CPU pipe A FIFO underrun",
        "firefox[411]: segfault at 8 ip 00007f sp 00007ffc error 4 in libxul.so[7f+1]",
        "vboxdrv: module verification failed: signature and/or required key missing",
        "pcieport 0000:00:01.0: AER: enabled with IRQ 122",
        "MCE: In-kernel MCE decoding enabled.",
        "EDAC MC0: Giving out device to module amd64_edac",
        "audit: type=1400 apparmor=STATUS operation=profile_load name=nvidia_modprobe error",
    ],
)
def test_what_is_written_while_all_is_well_is_left_out(text: str) -> None:
    assert () == parse_kernel_log(f"[    1.000000] {text}\n")


@pytest.mark.parametrize(
    "lines",
    [
        (
            "[   5.000000] NVRM: API mismatch: the client has the version 570.86.15, but\n"
            "[   5.000001] NVRM: this kernel module has the version 550.54.15.  Please\n"
            "[   5.000002] NVRM: make sure that this kernel module and all NVIDIA driver\n"
            "[   5.000003] NVRM: components have the same version.\n"
        ),
        (
            "3,77,5000000,-;NVRM: API mismatch: the client has the version 570.86.15, but\\x0aNVRM: this kernel module"
            " has the version 550.54.15.  Please\\x0aNVRM: make sure that this kernel module and all\n"
        ),
        (
            "[   5.000000] NVRM: API mismatch: the client has the version 570.86.15, but\n"
            "              NVRM: this kernel module has the version 550.54.15.  Please\n"
        ),
    ],
)
def test_a_sentence_over_several_lines_is_one_event(lines: str) -> None:
    text = "NVRM: API mismatch: the client has the version 570.86.15, but this kernel module has the version 550.54.15."
    assert (KernelEvent(kind="nvidia", text=text, seconds=5.0),) == parse_kernel_log(lines)


def test_a_gpu_that_the_open_module_does_not_support() -> None:
    events = parse_kernel_log(
        "[ 7.5] NVRM: The NVIDIA GPU 0000:af:00.0 (PCI ID: 10de:1db5)\n"
        "       NVRM: installed in this system is not supported by open\n"
        "       NVRM: nvidia.ko because it does not include the required GPU\n"
        "       NVRM: System Processor (GSP).\n"
        "       NVRM: Please see the 'Open Linux Kernel Modules' and 'GSP\n"
        "[ 7.6] nvidia: probe of 0000:af:00.0 failed with error -1\n"
    )
    assert [("0000:af:00.0", 7.5), ("0000:af:00.0", 7.6)] == [(event.device, event.seconds) for event in events]
    assert events[0].text.endswith(
        "by open nvidia.ko because it does not include the required GPU System Processor (GSP)."
    )


def test_an_xid_within_a_sentence_is_not_lost() -> None:
    events = parse_kernel_log(f"NVRM: API mismatch: the client has the version 1.2.3, but\n{XID}\n")
    assert ["nvidia", "xid"] == [event.kind for event in events]


def test_equal_events_are_counted_at_the_place_of_the_last() -> None:
    text = (
        f"[ 1.0] {XID}\n[ 2.0] Out of memory: Killed process 5 (python3)\n[ 3.0] {XID.replace('411', '9')}\n"
        "[ 4.0] NVRM: Xid (PCI:0000:66:00): 79, pid=411, name=python3, GPU has fallen off the bus.\n"
    )
    assert [("out-of-memory", 2.0, 1), ("xid", 3.0, 2), ("xid", 4.0, 1)] == [
        (event.kind, event.seconds, event.count) for event in parse_kernel_log(text)
    ]


def test_of_many_events_the_last_are_kept() -> None:
    lines = [f"[ {n}.0] NVRM: Xid (PCI:0000:01:00): {n}, failure\n" for n in range(1, MOST_EVENTS + 51)]
    assert list(range(51, MOST_EVENTS + 51)) == [event.code for event in parse_kernel_log("".join(lines))]


@given(
    text=st.one_of(
        st.text(), st.lists(st.sampled_from([*MARKS, XID, "[ 1.0] ", "\n", "\0", "kernel: ", "9" * 5000])).map("".join)
    )
)
@example(text="\ud800" + XID)
@example(text=f"6,1,{'9' * 5000},-;{XID}")
@example(text=f"NVRM: Xid (PCI:0000:65:00): {'9' * 5000}, x")
def test_any_text_gives_events(text: str) -> None:
    assert isinstance(parse_kernel_log(text), tuple)
    assert parse_message(text) is None or isinstance(parse_message(text), KernelEvent)


@pytest.mark.parametrize(
    "unit",
    [f"[    1.000000] {XID}\n", "NVRM: GPU ", "\0", "[[[[   ", "pcieport 0000:00:01.0: " + "AER: a b c " * 90 + "\n"],
)
def test_a_large_log_takes_time_in_proportion(unit: str) -> None:
    begin = time.process_time()
    assert len(parse_kernel_log(unit * (10_000_000 // len(unit)))) <= 1
    assert time.process_time() - begin < 10
