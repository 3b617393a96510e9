"""Choose the concrete parts, once, from the settings. Nothing else makes them."""

from __future__ import annotations

import httpx

from orchestrator.access.doorkeeper import Doorkeeper
from orchestrator.access.tokens import Issuer
from orchestrator.cards import CardShelf
from orchestrator.conversation.conversation import Conversations
from orchestrator.conversation.phrasing import Phraser
from orchestrator.errors import Misconfigured
from orchestrator.exemplars import read_exemplars
from orchestrator.hospital import read_hospital
from orchestrator.jobs import Jobs
from orchestrator.knowledge import Library
from orchestrator.knowledge.shelf import own_passages
from orchestrator.knowledge.site import site_passages
from orchestrator.language_model import LanguageModelDoor
from orchestrator.locality import is_local
from orchestrator.outlines import Outlines
from orchestrator.pipeline import Parts
from orchestrator.prompt import load_profile, load_prompt, prompt_of
from orchestrator.records import Records
from orchestrator.records.outbox import Subscription
from orchestrator.sealing import Keys
from orchestrator.settings import Settings
from orchestrator.specialists import WRITING_SERVICE, Service, Specialists
from services.contract.profile import refusal_of


def open_records(settings: Settings) -> Records:
    """Return the record, its tables up to date."""
    return Records.open(settings.database_url, read_hospital(settings.hospital).orders, settings.department)


def tell_destinations(records: Records, settings: Settings) -> None:
    """Let the record know who receives what, before this process records any event.

    Whoever drafts or signs does it, not the outbox alone: what happens before that one is there waits for it, and is
    not lost. Without a hospital's file nothing is changed.
    """
    if settings.hospital is not None:
        there = read_hospital(settings.hospital).destinations
        records.outbox.subscribe(Subscription(destination=one.name, events=one.wanted) for one in there)


def open_vault_keys(settings: Settings) -> Keys:
    """Return the keys of the vault.

    Raises
    ------
    Misconfigured
        If none is given, or one is no key. The message holds neither a key nor a path.
    """
    if settings.vault_key_file is not None:
        try:
            return Keys(settings.vault_key_file.read_text(encoding="ascii").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured("WETREAD_VAULT_KEY_FILE cannot be read; expected a file with a key a line") from error
    given = settings.vault_keys
    return Keys(given.get_secret_value().split(",") if given is not None else ())


def open_doorkeeper(settings: Settings, records: Records) -> Doorkeeper:
    """Return who knows people and programs; the issuer of tokens is asked when the first token comes.

    Raises
    ------
    Misconfigured
        If the issuer's address is not https.
    """
    issuer = None
    if settings.oidc_issuer:
        issuer = Issuer(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_roles_claim,
            settings.oidc_departments_claim,
            httpx.AsyncClient(timeout=5.0),
        )
    return Doorkeeper(records, settings.access == "on", issuer)


def open_queue(settings: Settings) -> Jobs:
    """Return the queue; nothing is sent yet."""
    return Jobs(settings.redis_url, settings.queue, settings.job_idle_s)


def open_specialists(settings: Settings) -> Specialists:
    """Return the services that this installation asks; nothing is sent yet."""
    services = [
        Service("classification", settings.classification_url.rstrip("/")),
        Service("segmentation", settings.segmentation_url.rstrip("/")),
        Service("detection", settings.detection_url.rstrip("/")),
    ]
    if settings.reporting_url:
        services.append(Service(WRITING_SERVICE, settings.reporting_url.rstrip("/")))
    return Specialists(
        services, CardShelf(settings.cards), settings.specialist_deadline_s, httpx.AsyncClient(trust_env=False)
    )


def open_language(settings: Settings) -> LanguageModelDoor:
    """Return the door to the language model; nothing is sent yet, and nothing ever where its licence forbids it."""
    profile = load_profile(settings.language_profile)
    return LanguageModelDoor(
        profile,
        settings.language_url,
        refusal=refusal_of(profile, settings.deployment),
        local=is_local(settings.language_url, settings.local_hosts.split(",")),
    )


def open_parts(settings: Settings) -> Parts:
    """Return what the pipeline works with.

    Raises
    ------
    Misconfigured
        If a prompt file or the language profile is wrong.
    """
    language = open_language(settings)
    return Parts(
        specialists=open_specialists(settings),
        outlines=Outlines(settings.store),
        prompt=prompt_of(settings.prompt_style, language.profile, settings.prompts),
        repair=load_prompt(settings.prompts / "repair.md"),
        language=language,
        corrections=settings.language_corrections,
        exemplars=read_exemplars(settings.exemplars) if settings.exemplars else None,
        exemplars_shown=settings.exemplars_shown,
        second_look=load_prompt(settings.prompts / "deid_gpt.md") if settings.deid_gpt else None,
    )


def open_library(settings: Settings) -> Library:
    """Return every passage: those of this repository, and the site's own."""
    knowledge = read_hospital(settings.hospital).knowledge
    own = site_passages(knowledge.folder) if knowledge.folder else ()
    return Library((*own_passages(), *own))


def open_conversations(settings: Settings, jobs: Jobs, language: LanguageModelDoor) -> Conversations:
    """Return the conversations of this installation; nothing is asked yet."""
    prompt = load_prompt(settings.prompts / "conversation.md")
    return Conversations(jobs, Phraser(language, prompt), settings.conversation_expires_s)
