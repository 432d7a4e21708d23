"""A bill of materials as CycloneDX 1.6 JSON, through its own library (the extra ``sbom``)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mlenv import __version__
from mlenv.errors import NoVerdictError
from mlenv.report.style import clean
from mlenv.sbom.part import Bill, Part

if TYPE_CHECKING:
    from cyclonedx.model import ExternalReference, HashType, Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import License
    from packageurl import PackageURL

NAMESPACE = uuid.UUID("6d6c656e-7673-562f-9c1a-b111b111b111")
"""The space of serial numbers that are made of a bill's content."""
_ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def render_cyclonedx(bill: Bill) -> str:
    """The bill as indented JSON; :class:`NoVerdictError` where the library is not installed.

    With a settled moment the same bill gives the same bytes.
    """
    try:
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError as error:
        raise NoVerdictError(
            f"mlenv sbom: CycloneDX's library cannot be loaded ({error.name or error})",
            hint='install the extra: pip install "mlenv[sbom]"',
        ) from None
    return JsonV1Dot6(_make_bom(bill)).output_as_string(indent=2) + "\n"


def _make_bom(bill: Bill) -> Bom:
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import ToolRepository

    components = {part.key: _make_component(part) for part in (bill.subject, *bill.parts)}
    subject = components[bill.subject.key]
    tool = Component(name="mlenv", version=__version__, type=ComponentType.APPLICATION, bom_ref="tool:mlenv")
    bom = Bom(
        components=[components[part.key] for part in bill.parts],
        serial_number=_number(bill),
        metadata=BomMetaData(
            tools=ToolRepository(components=[tool]),
            component=subject,
            properties=list(_make_properties(bill.properties)),
            timestamp=datetime.fromisoformat(bill.moment),
        ),
    )
    for part in (bill.subject, *bill.parts):
        bom.register_dependency(components[part.key], [components[key] for key in part.needs])
    return bom


def _number(bill: Bill) -> uuid.UUID:
    """Made of the content where the same content shall give the same bill, else as unique as the format asks for."""
    content = msgspec.json.encode(bill, order="deterministic")
    return uuid.uuid5(NAMESPACE, content.decode()) if bill.settled else uuid.uuid4()


def _make_component(part: Part) -> Component:
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.contact import OrganizationalEntity

    return Component(
        name=clean(part.name),
        type=ComponentType(part.kind),
        bom_ref=part.key,
        version=clean(part.version) or None,
        description=clean(part.description) or None,
        supplier=OrganizationalEntity(name=clean(part.maker)) if part.maker else None,
        hashes=list(_make_hashes(part)),
        licenses=list(_make_licences(part)),
        purl=_make_purl(part),
        external_references=list(_make_references(part)),
        properties=list(_make_properties(part.properties)),
    )


def _make_hashes(part: Part) -> Iterator[HashType]:
    from cyclonedx.model import HashAlgorithm, HashType

    for algorithm, value in sorted(part.hashes.items()):
        if algorithm.lower() in _ALGORITHMS:
            yield HashType(alg=HashAlgorithm(_ALGORITHMS[algorithm.lower()]), content=value)


def _make_licences(part: Part) -> Iterator[License]:
    """One expression, or names and identifiers: the format knows no mixture."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.license import LicenseAcknowledgement

    factory, declared = LicenseFactory(), LicenseAcknowledgement.DECLARED
    for text in part.licences:
        name = clean(text)
        if len(part.licences) == 1:
            yield factory.make_from_string(name, license_acknowledgement=declared)
        else:
            yield factory.make_with_name(name, acknowledgement=declared)


def _make_purl(part: Part) -> PackageURL | None:
    from packageurl import PackageURL

    if part.place is None:
        return None
    place = part.place
    return PackageURL(
        type=place.kind,
        namespace=place.group or None,
        name=clean(part.name),
        version=clean(part.version) or None,
        qualifiers=place.qualifiers or None,
    )


def _make_references(part: Part) -> Iterator[ExternalReference]:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri

    if part.homepage and not set(part.homepage) & set(' <>"{}|\\^`'):
        yield ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(part.homepage))


def _make_properties(properties: dict[str, str]) -> Iterator[Property]:
    from cyclonedx.model import Property

    for name, value in sorted(properties.items()):
        yield Property(name=name, value=clean(value))
