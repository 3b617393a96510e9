"""An archive that speaks DICOMweb: QIDO-RS to find (PS3.18 10.6), WADO-RS to retrieve (PS3.18 10.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from python_multipart.multipart import parse_options_header

from orchestrator.errors import RefusedInput, Unavailable
from orchestrator.gateway.arrival_desk import ArrivalDesk
from orchestrator.gateway.fetch.source import FoundStudy
from orchestrator.gateway.tables import Source
from orchestrator.ingest.limits import limits_from
from orchestrator.ingest.receive import RelatedParts
from orchestrator.settings import Settings

_ANSWER_BYTES = 8_000_000
_MOST = 200
_RETRIEVED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_FIELDS = ("00080050", "00080061", "00100020", "00100021", "00080020")


class _Element(BaseModel):
    model_config = ConfigDict(extra="ignore")

    value: tuple[object, ...] = Field(default=(), alias="Value")

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(one for one in self.value if isinstance(one, str))

    @property
    def text(self) -> str:
        return next(iter(self.texts), "").strip()


class _Found(BaseModel):
    """One study of a QIDO-RS answer, in the DICOM JSON model."""

    model_config = ConfigDict(extra="ignore")

    study_instance_uid: _Element = Field(alias="0020000D")
    accession_number: _Element = Field(default=_Element(), alias="00080050")
    modalities: _Element = Field(default=_Element(), alias="00080061")
    patient_id: _Element = Field(default=_Element(), alias="00100020")
    issuer: _Element = Field(default=_Element(), alias="00100021")
    study_date: _Element = Field(default=_Element(), alias="00080020")

    def fact(self) -> FoundStudy:
        return FoundStudy(
            study_instance_uid=self.study_instance_uid.text,
            accession_number=self.accession_number.text,
            patient_id=self.patient_id.text,
            issuer_of_patient_id=self.issuer.text,
            study_date=self.study_date.text,
            modalities=frozenset(self.modalities.texts),
        )


_ANSWER = TypeAdapter(tuple[_Found, ...])


class DicomwebArchive:
    """One DICOMweb service. No redirect is followed, and no proxy of the environment is used."""

    def __init__(self, source: Source, settings: Settings, desk: ArrivalDesk) -> None:
        headers = {"authorization": source.authorization} if source.authorization else {}
        self._client = httpx.AsyncClient(
            base_url=str(source.url).rstrip("/"), headers=headers, timeout=source.timeout_s, trust_env=False
        )
        self._settings, self._desk = settings, desk

    async def find_by_accession(self, accession_number: str) -> tuple[FoundStudy, ...]:
        return await self._find({"AccessionNumber": accession_number})

    async def find_by_patient(self, patient_id: str, issuer: str) -> tuple[FoundStudy, ...]:
        return await self._find({"PatientID": patient_id, **({"IssuerOfPatientID": issuer} if issuer else {})})

    async def retrieve(self, study: FoundStudy) -> int:
        try:
            async with self._client.stream(
                "GET", f"/studies/{study.study_instance_uid}", headers={"accept": _RETRIEVED}
            ) as answer:
                _refuse_unless_ok(answer)
                return await self._take(answer)
        except (httpx.HTTPError, RefusedInput) as error:
            raise Unavailable("the archive did not send the study whole") from error

    async def _take(self, answer: httpx.Response) -> int:
        _, options = parse_options_header(answer.headers.get("content-type"))
        parts = RelatedParts(options.get(b"boundary", b""), self._settings.originals, limits_from(self._settings))
        try:
            async for chunk in answer.aiter_bytes():
                await asyncio.to_thread(parts.feed, chunk)
            originals = parts.sealed()
            among: str | None = None
            for original in originals:
                among = (await self._desk.take(original, "fetch", among)).study_key
            return len(originals)
        finally:
            parts.close()

    async def _find(self, keys: Mapping[str, str]) -> tuple[FoundStudy, ...]:
        fields = [("includefield", field) for field in _FIELDS]
        asked = httpx.QueryParams([*keys.items(), ("limit", str(_MOST)), *fields])
        try:
            async with self._client.stream(
                "GET", "/studies", params=asked, headers={"accept": "application/dicom+json"}
            ) as answer:
                _refuse_unless_ok(answer)
                if answer.status_code == httpx.codes.NO_CONTENT:
                    return ()
                said = bytearray()
                async for chunk in answer.aiter_bytes():
                    said += chunk
                    if len(said) > _ANSWER_BYTES:
                        raise Unavailable("the archive answers a query with more than can be meant")
            return tuple(found.fact() for found in _ANSWER.validate_json(bytes(said)))
        except (httpx.HTTPError, ValidationError) as error:
            raise Unavailable("the archive does not answer a query as DICOMweb does") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _refuse_unless_ok(answer: httpx.Response) -> None:
    if answer.status_code not in {httpx.codes.OK, httpx.codes.NO_CONTENT}:
        raise Unavailable(f"the archive answers {answer.status_code}")
