"""nvidia-smi -q -x."""

from __future__ import annotations

from mlenv.facts.fact import Fact
from mlenv.facts.gpu import (
    Clocks,
    Ecc,
    EccCounts,
    Fabric,
    Gpu,
    GpuProcess,
    MigInstance,
    PcieLink,
    Power,
    RetiredPages,
    RowRemaps,
)
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_smi_xml import parse_nvidia_smi_xml

MIB = 1024 * 1024
GPU = """
<gpu id="00000000:41:00.0">
  <product_name>NVIDIA A100-SXM4-40GB</product_name>
  <product_architecture>Ampere</product_architecture>
  <display_active>Disabled</display_active>
  <persistence_mode>Enabled</persistence_mode>
  <addressing_mode>HMM</addressing_mode>
  <mig_mode><current_mig>Enabled</current_mig><pending_mig>Disabled</pending_mig></mig_mode>
  <mig_devices>
    <mig_device>
      <index>0</index>
      <gpu_instance_id>9</gpu_instance_id>
      <compute_instance_id>1</compute_instance_id>
      <device_attributes><shared><multiprocessor_count>14</multiprocessor_count></shared></device_attributes>
      <fb_memory_usage><total>4864 MiB</total></fb_memory_usage>
      <bar1_memory_usage><total>8191 MiB</total></bar1_memory_usage>
    </mig_device>
  </mig_devices>
  <driver_model><current_dm>N/A</current_dm></driver_model>
  <serial>1234567890123</serial>
  <uuid>GPU-11111111-2222-3333-4444-555555555555</uuid>
  <vbios_version>92.00.45.00.03</vbios_version>
  <gpu_virtualization_mode><virtualization_mode>Pass-Through</virtualization_mode></gpu_virtualization_mode>
  <gpu_recovery_action>Drain and Reset</gpu_recovery_action>
  <gsp_firmware_version>570.86.10</gsp_firmware_version>
  <pci>
    <pci_device_id>20B010DE</pci_device_id>
    <pci_bus_id>00000000:41:00.0</pci_bus_id>
    <pci_gpu_link_info>
      <pcie_gen>
        <max_link_gen>4</max_link_gen><current_link_gen>1</current_link_gen>
        <max_device_link_gen>4</max_device_link_gen><max_host_link_gen>5</max_host_link_gen>
      </pcie_gen>
      <link_widths><max_link_width>16x</max_link_width><current_link_width>8x</current_link_width></link_widths>
    </pci_gpu_link_info>
  </pci>
  <performance_state>P0</performance_state>
  <clocks_event_reasons>
    <clocks_event_reason_gpu_idle>Not Active</clocks_event_reason_gpu_idle>
    <clocks_event_reason_hw_slowdown>Active</clocks_event_reason_hw_slowdown>
    <clocks_event_reason_hw_thermal_slowdown>Active</clocks_event_reason_hw_thermal_slowdown>
    <clocks_event_reason_display_clocks_setting>Active</clocks_event_reason_display_clocks_setting>
  </clocks_event_reasons>
  <fb_memory_usage><total>40960 MiB</total><reserved>500 MiB</reserved><free>40000 MiB</free></fb_memory_usage>
  <bar1_memory_usage><total>65536 MiB</total><free>65500 MiB</free></bar1_memory_usage>
  <compute_mode>Exclusive_Process</compute_mode>
  <ecc_mode><current_ecc>Enabled</current_ecc><pending_ecc>Disabled</pending_ecc></ecc_mode>
  <ecc_errors>
    <volatile>
      <sram_correctable>1</sram_correctable>
      <sram_uncorrectable_parity>2</sram_uncorrectable_parity>
      <sram_uncorrectable_secded>3</sram_uncorrectable_secded>
      <dram_correctable>10</dram_correctable>
      <dram_uncorrectable>20</dram_uncorrectable>
    </volatile>
    <aggregate>
      <sram_correctable>N/A</sram_correctable><sram_uncorrectable>4</sram_uncorrectable>
      <dram_correctable>7</dram_correctable><dram_uncorrectable>0</dram_uncorrectable>
    </aggregate>
  </ecc_errors>
  <retired_pages>
    <multiple_single_bit_retirement><retired_count>5</retired_count></multiple_single_bit_retirement>
    <double_bit_retirement><retired_count>6</retired_count></double_bit_retirement>
    <pending_retirement>Yes</pending_retirement>
  </retired_pages>
  <remapped_rows>
    <remapped_row_corr>1</remapped_row_corr><remapped_row_unc>2</remapped_row_unc>
    <remapped_row_pending>Yes</remapped_row_pending><remapped_row_failure>No</remapped_row_failure>
  </remapped_rows>
  <temperature><gpu_temp>81 C</gpu_temp></temperature>
  <gpu_power_readings>
    <average_power_draw>N/A</average_power_draw><instant_power_draw>99.50 W</instant_power_draw>
    <current_power_limit>250.00 W</current_power_limit><default_power_limit>400.00 W</default_power_limit>
    <max_power_limit>500.00 W</max_power_limit>
  </gpu_power_readings>
  <clocks><graphics_clock>1275 MHz</graphics_clock><mem_clock>1593 MHz</mem_clock></clocks>
  <max_clocks><graphics_clock>1410 MHz</graphics_clock><mem_clock>1594 MHz</mem_clock></max_clocks>
  <fabric><state>In Progress</state><status>N/A</status></fabric>
  <processes>
    <process_info>
      <pid>4711</pid><type>C</type><process_name>python</process_name><used_memory>512 MiB</used_memory>
    </process_info>
    <process_info>
      <pid>4712</pid><type>C+G</type><process_name>[Not Found]</process_name><used_memory>N/A</used_memory>
    </process_info>
  </processes>
</gpu>
"""
OLD_GPU = """
<gpu id="00000000:02:00.0">
  <product_name>Tesla K80</product_name>
  <uuid>GPU-99999999-2222-3333-4444-555555555555</uuid>
  <gpu_reset_status><reset_required>Yes</reset_required></gpu_reset_status>
  <clocks_throttle_reasons>
    <clocks_throttle_reason_gpu_idle>Active</clocks_throttle_reason_gpu_idle>
    <clocks_throttle_reason_sw_power_cap>Not Active</clocks_throttle_reason_sw_power_cap>
  </clocks_throttle_reasons>
  <ecc_errors>
    <volatile>
      <single_bit><device_memory>3</device_memory><register_file>4</register_file><total>N/A</total></single_bit>
      <double_bit><device_memory>1</device_memory><total>2</total></double_bit>
    </volatile>
  </ecc_errors>
  <power_readings>
    <power_draw>60.10 W</power_draw>
    <power_limit>149.00 W</power_limit>
    <enforced_power_limit>140.00 W</enforced_power_limit>
  </power_readings>
  <processes>N/A</processes>
</gpu>
"""


def document(*gpus: str, head: str = "<driver_version>570.86.10</driver_version>") -> str:
    """A whole output."""
    opening = '<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>\n'
    return f"{opening}{head}{''.join(gpus)}</nvidia_smi_log>\n"


def read(text: str) -> NvidiaReport:
    """The report of a text that is one."""
    report = parse_nvidia_smi_xml(text)
    assert report is not None
    return report


def test_every_fact_of_a_gpu_is_read() -> None:
    expected = Gpu(
        vendor="nvidia",
        name="NVIDIA A100-SXM4-40GB",
        index=0,
        uuid="GPU-11111111-2222-3333-4444-555555555555",
        pci_address="0000:41:00.0",
        pci_id="10de:20b0",
        memory_bytes=40960 * MIB,
        memory_free_bytes=40000 * MIB,
        mig=True,
        architecture="Ampere",
        bar1_bytes=65536 * MIB,
        bar1_free_bytes=65500 * MIB,
        link=PcieLink(generation=1, largest_generation=4, width=8, largest_width=16),
        power=Power(draw_watts=99.5, limit_watts=250.0, default_limit_watts=400.0, largest_limit_watts=500.0),
        clocks=Clocks(graphics_mhz=1275, memory_mhz=1593, largest_graphics_mhz=1410, largest_memory_mhz=1594),
        clock_events=("hw-slowdown", "hw-thermal-slowdown", "display-clocks-setting"),
        temperature_celsius=81,
        performance_state="P0",
        persistence=True,
        compute_mode="exclusive-process",
        virtualization="pass-through",
        addressing="hmm",
        display_active=False,
        vbios="92.00.45.00.03",
        gsp_firmware="570.86.10",
        ecc=Ecc(
            enabled=True,
            pending=False,
            volatile=EccCounts(corrected=11, uncorrected=25),
            aggregate=EccCounts(corrected=7, uncorrected=4),
        ),
        row_remaps=RowRemaps(corrected=1, uncorrected=2, pending=True, failed=False),
        retired_pages=RetiredPages(single_bit=5, double_bit=6, pending=True),
        mig_pending=False,
        mig_instances=(MigInstance(gpu_instance=9, compute_instance=1, memory_bytes=4864 * MIB, multiprocessors=14),),
        fabric=Fabric(state="in-progress"),
        recovery_action="drain-and-reset",
        processes=(
            GpuProcess(pid=4711, name="python", memory_bytes=512 * MIB, kind="compute"),
            GpuProcess(pid=4712, kind="both"),
        ),
    )
    assert NvidiaReport(driver="570.86.10", gpus=(expected,)) == read(document(GPU))


def test_the_words_of_old_drivers_are_read() -> None:
    (gpu,) = read(document(OLD_GPU)).gpus
    assert ("gpu-idle",) == gpu.clock_events
    assert Ecc(volatile=EccCounts(corrected=7, uncorrected=2)) == gpu.ecc
    assert Power(draw_watts=60.1, limit_watts=140.0) == gpu.power
    assert "gpu-reset" == gpu.recovery_action
    assert None is gpu.processes


def test_the_versions_of_driver_610_are_read() -> None:
    head = (
        "<driver_version>610.57.04 [Deprecated; use kmd_version]</driver_version>"
        "<kmd_version>610.57.05</kmd_version><cuda_umd_version>13.3</cuda_umd_version>"
    )
    expected = NvidiaReport(driver="610.57.04", kernel_module="610.57.05", cuda="13.3")
    assert expected == parse_nvidia_smi_xml(document(head=head))


def test_a_gpu_is_known_by_its_attribute_alone() -> None:
    assert (Gpu(vendor="nvidia", index=0, pci_address="0000:41:00.0"),) == read(
        document('<gpu id="00000000:41:00.0"><product_name>Unknown Error</product_name></gpu>')
    ).gpus


def test_no_mig_devices_and_no_processes_are_empty_lists() -> None:
    mode = "<mig_mode><current_mig>Disabled</current_mig></mig_mode>"
    text = document(
        f'<gpu id="00000000:41:00.0">{mode}<mig_devices>\nNone\n</mig_devices><processes>\n</processes></gpu>'
    )
    (gpu,) = read(text).gpus
    assert ((), ()) == (gpu.mig_instances, gpu.processes)


def test_a_cut_document_keeps_what_is_complete() -> None:
    text = document(OLD_GPU, GPU)
    whole = read(text)
    cut = read(text[: text.index("<sram_uncorrectable_parity>")])
    assert whole.gpus[0] == cut.gpus[0]
    broken = cut.gpus[1]
    assert (True, None, None) == (whole.gpus[1].mig, broken.ecc and broken.ecc.volatile.corrected, broken.processes)
    assert Ecc(enabled=True, pending=False) == broken.ecc
    assert whole.gpus[1].memory_bytes == broken.memory_bytes


def test_every_cut_gives_a_part_of_the_whole() -> None:
    text = document(OLD_GPU, GPU)
    whole = read(text)
    for length in range(0, len(text), 7):
        report = parse_nvidia_smi_xml(text[:length])
        for complete, found in zip(whole.gpus, report.gpus if report else (), strict=False):
            assert is_part(found, complete)


def is_part(found: object, complete: object) -> bool:
    """Whether a fact states nothing that the complete one does not."""
    if found is None or found == complete:
        return True
    if not isinstance(found, Fact) or not isinstance(complete, Fact):
        return False
    return all(is_part(getattr(found, name), getattr(complete, name)) for name in found.__struct_fields__)


def test_warnings_before_the_document_are_skipped() -> None:
    warning = "WARNING: infoROM is corrupted at gpu 0000:01:00.0 <&>\n"
    assert read(document(GPU)) == parse_nvidia_smi_xml(warning + document(GPU) + "\ntrailing < words")


def test_entities_are_never_defined() -> None:
    bomb = '<!DOCTYPE nvidia_smi_log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    text = f"{bomb}<nvidia_smi_log><driver_version>550.1</driver_version><gpu id='0000:01:00.0'><product_name>&b;"
    assert NvidiaReport(driver="550.1", gpus=(Gpu(vendor="nvidia", index=0, pci_address="0000:01:00.0"),)) == read(text)


def test_text_of_another_form_is_none() -> None:
    texts = ("", "<html></html>", "<nvidia_smi_log", "<nvidia_smi_log></nvidia_smi_log>", "<nvidia_smi_log>" * 1000)
    assert [None] * len(texts) == [parse_nvidia_smi_xml(text) for text in texts]


def test_a_very_deep_document_is_left() -> None:
    assert None is parse_nvidia_smi_xml("<nvidia_smi_log>" + "<a>" * 1_000_000)
