"""HL7 v2 over MLLP, coming in.

::

    door.py      sockets: who may connect, TLS, idle and size limits; one framed reply to every framed input
    frames.py    where a message begins and ends (MLLP)
    header.py    who sent it, what it is, in which character set: read even of a message that is nothing else
    message.py   segments and fields; ``hl7`` parses, nothing here trusts a field to be there
    orders.py adt.py results.py    what it says, as :mod:`orchestrator.orders.incoming`
    desk.py      bytes in, kept in the database, bytes out
    acknowledgement.py             AA, AE, AR (CA, CE, CR) with an ERR segment that names the place, never the value
"""
