"""Specialist services: each reads pixels and answers in the words of :mod:`services.contract`."""

VERSION = "0.1.0"
