"""JSON Schemas of the documents that mlenv prints and of the files that users write."""

from __future__ import annotations

from importlib import import_module

import msgspec

SCHEMAS = {
    "machine": ("mlenv.report.machine", "MachineDocument"),
    "doctor": ("mlenv.report.doctor", "DoctorDocument"),
    "explanation": ("mlenv.report.explanation", "ExplanationDocument"),
    "mending": ("mlenv.report.mending", "MendingDocument"),
    "plan": ("mlenv.report.plan", "PlanDocument"),
    "why": ("mlenv.report.why", "WhyDocument"),
    "verify": ("mlenv.report.verify", "VerifyDocument"),
    "fleet": ("mlenv.report.fleet", "FleetDocument"),
    "matrix": ("mlenv.report.matrix.table", "MatrixDocument"),
    "matrix-why": ("mlenv.report.matrix.why", "MatrixWhyDocument"),
    "matrix-check": ("mlenv.report.matrix.table", "MatrixCheckDocument"),
    "environments": ("mlenv.report.environments.listing", "EnvironmentsDocument"),
    "environment": ("mlenv.report.environments.generation", "EnvironmentDocument"),
    "environment-diff": ("mlenv.report.environments.difference_report", "DifferenceDocument"),
    "drift": ("mlenv.report.environments.drift", "DriftDocument"),
    "bundle": ("mlenv.bundle.manifest", "BundleManifest"),
    "manifest": ("mlenv.execute.manifest", "Manifest"),
    "machine-description": ("mlenv.intake.described", "DescribedMachine"),
    "profile": ("mlenv.matrix.rows", "Profile"),
    "policy": ("mlenv.policy.model", "Policy"),
    "policy-explained": ("mlenv.report.policy", "PolicyDocument"),
    "framework": ("mlenv.matrix.rows", "Framework"),
    "families": ("mlenv.matrix.rows", "FileFamilies"),
    "health": ("mlenv.matrix.health", "Health"),
    "images": ("mlenv.matrix.images", "ContainerImages"),
    "indexes": ("mlenv.matrix.rows", "Indexes"),
    "matrix-info": ("mlenv.matrix.rows", "MatrixInfo"),
    "needs": ("mlenv.matrix.rows", "SystemNeeds"),
    "pythons": ("mlenv.matrix.rows", "Pythons"),
    "drivers": ("mlenv.matrix.hardware", "Drivers"),
    "gpus": ("mlenv.matrix.hardware", "GpuModels"),
    "rocm": ("mlenv.matrix.hardware", "RocmReleases"),
    "matrix-diff": ("mlenv.report.matrix.diff", "MatrixDiffDocument"),
    "matrix-update": ("mlenv.report.matrix.diff", "MatrixUpdateDocument"),
}
"""Name to module and type; the modules are imported when their schema is asked for."""


def json_schema(name: str) -> str:
    """The JSON Schema (draft 2020-12) of a document or file kind, as indented JSON."""
    module, kind = SCHEMAS[name]
    schema = msgspec.json.schema(getattr(import_module(module), kind))
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"mlenv:{name}", **schema}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
