"""Our DICOM Application Entity over TCP: the upper layer (PS3.8 9) and the two services it offers (PS3.7 9).

::

    door          accepts connections: from where, how many, how long they may say nothing
    association   one peer: negotiates, takes messages, answers each
    pdu           the upper layer's words, as bytes
    command       a message's command set, as bytes
    contexts      which SOP classes and transfer syntaxes are taken

Written here because a library that reads a PDU of any length into memory, and counts silent sockets among its
associations, cannot stand at the door of a hospital. Nothing of a data set is read in this process: it goes to disk
as it comes, and only a disposable child looks into it.
"""
