"""Reports as one HTML file: no network, light and dark, for screen, keyboard and paper.

Templates, style and script stand beside this file as package data.
"""

from __future__ import annotations

from mlenv.report.html.report import render_html, render_maps, render_overview

__all__ = ["render_html", "render_maps", "render_overview"]
