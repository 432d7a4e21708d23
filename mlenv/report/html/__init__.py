"""Reports as one HTML file: no network, light and dark, for screen, keyboard and paper.

Templates, style and script stand beside this file as package data.
"""
