"""The cloud or service that this machine belongs to; the network is never asked."""

from __future__ import annotations

from mlenv.facts.system import Cloud
from mlenv.probe.host.firmware import Firmware, read_firmware
from mlenv.probe.log import Log
from mlenv.system.host import Host

# https://learn.microsoft.com/en-us/azure/virtual-machines/extensions/agent-windows
AZURE_AGENT = r"HKLM\SYSTEM\CurrentControlSet\Services\WindowsAzureGuestAgent"

# The provider, the field of the firmware and what it begins with, in lower case.
# https://github.com/canonical/cloud-init/blob/main/tools/ds-identify and the providers' own pages.
_CLOUDS = (
    ("aws", "vendor", "amazon ec2"),
    ("gcp", "product", "google compute engine"),
    ("azure", "asset_tag", "7783-7084-3265-9085-8269-3286-77"),
    ("oci", "asset_tag", "oraclecloud.com"),
    ("alibaba", "vendor", "alibaba cloud"),
    ("tencent", "vendor", "tencent cloud"),
    ("huawei", "asset_tag", "huaweicloud"),
    ("hetzner", "vendor", "hetzner"),
    ("digitalocean", "vendor", "digitalocean"),
    ("akamai", "vendor", "akamai"),
    ("akamai", "vendor", "linode"),
    ("vultr", "vendor", "vultr"),
    ("scaleway", "vendor", "scaleway"),
    ("upcloud", "vendor", "upcloud"),
    ("exoscale", "product", "exoscale"),
    ("openstack", "vendor", "openstack foundation"),
    ("openstack", "product", "openstack"),
)
# The providers whose product name is the kind of machine that was rented.
_INSTANCE_IS_PRODUCT = ("aws", "scaleway")
# Services that run notebooks and jobs, by a variable that each sets, and the one that names the machine.
_SERVICES = (
    ("colab", "COLAB_RELEASE_TAG", ""),
    ("colab", "COLAB_GPU", ""),
    ("kaggle", "KAGGLE_KERNEL_RUN_TYPE", ""),
    ("sagemaker", "SM_CURRENT_INSTANCE_TYPE", "SM_CURRENT_INSTANCE_TYPE"),
    ("sagemaker", "SAGEMAKER_APP_TYPE", ""),
    ("sagemaker", "SAGEMAKER_REGION", ""),
    ("databricks", "DATABRICKS_RUNTIME_VERSION", ""),
    ("runpod", "RUNPOD_DC_ID", ""),
    ("runpod", "RUNPOD_POD_ID", ""),
    ("modal", "MODAL_IS_REMOTE", ""),
    ("vast.ai", "VAST_CONTAINERLABEL", ""),
    ("paperspace", "PAPERSPACE_CLUSTER_ID", ""),
    ("codespaces", "CODESPACES", ""),
)


def read_cloud(host: Host, log: Log) -> Cloud | None:
    """The service or cloud that this machine belongs to, from variables and firmware; the network is not asked."""
    for provider, variable, kind in _SERVICES:
        if variable in host.environ:
            log.found("cloud", variable)
            return Cloud(provider=provider, instance=host.environ.get(kind) or None)
    firmware, source = read_firmware(host)
    cloud = find_cloud(firmware)
    if cloud is None and _runs_azure_agent(host):
        cloud, source = Cloud(provider="azure"), AZURE_AGENT
    if cloud:
        log.found("cloud", source)
    elif firmware.vendor or firmware.product:
        log.absent("cloud", source)
    return cloud


def _runs_azure_agent(host: Host) -> bool:
    """Whether Azure's agent is at work: Windows does not show the tag of the chassis by which Azure is known."""
    if host.identity.system != "windows":
        return False
    try:
        host.list_registry(AZURE_AGENT)
    except OSError:
        return False
    return True


def find_cloud(firmware: Firmware) -> Cloud | None:
    """The cloud that the firmware's names stand for; old instances of AWS run on Xen and say so in the version."""
    for provider, field, words in _CLOUDS:
        if getattr(firmware, field).lower().startswith(words):
            instance = firmware.product if provider in _INSTANCE_IS_PRODUCT else None
            return Cloud(provider=provider, instance=instance or None)
    return Cloud(provider="aws") if "amazon" in firmware.bios.lower() else None
