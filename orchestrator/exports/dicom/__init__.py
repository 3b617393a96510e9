"""The draft as DICOM objects that stand beside the images they speak of.

``sources.py`` reads the headers that every object copies its patient and study from; each other file makes one kind
of object; ``objects.py`` is the list.
"""
