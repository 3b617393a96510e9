"""Studies and their priors, fetched from an archive by accession number.

::

    POST /v1/fetch, wetread fetch -> records.fetches -> fetching (in the gateway)
                                                          |  asks a Source: find, then retrieve
                                                          v
                            dicomweb (QIDO-RS, WADO-RS) | dimse (C-FIND with C-GET, or with C-MOVE to our own door)
                                                          |
                                                          v  arrival desk: one object after the other, as from anywhere
"""
