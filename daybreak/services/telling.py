"""From rows to the content of a message, with the fresh tokens its links carry. Part of the hand-off."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.orm import Session

from daybreak.channels import KINDS
from daybreak.channels.slack import buttons
from daybreak.data import catalogue
from daybreak.domain.catalogue import Movement
from daybreak.domain.movement import FALLBACK, choose_shared
from daybreak.domain.plan import day_plan
from daybreak.domain.prompt import LINK_GRACE
from daybreak.domain.time import DAY, local_date, zone_of
from daybreak.letters import composing, mail
from daybreak.letters.words import LetterWords, PromptWords, SharedWords
from daybreak.runtime import Runtime
from daybreak.services import notices
from daybreak.services.answering import zone_for
from daybreak.services.movements import pool_of
from daybreak.services.plan_inputs import inputs_for
from daybreak.store import deliveries as store
from daybreak.store.deliveries import Facts
from daybreak.store.tables import AnswerLink, Membership, Person, Policy, Prompt, Team, Workspace
from daybreak.tokens import hash_token, new_token
from daybreak.wording import gettext as _
from daybreak.wording import locale, speaking

TRY_SECONDS = 60  # what a try asks for where no policy says


def new_message_id(runtime: Runtime) -> str:
    """Return a Message-ID, to be stored before the first try and kept on retries."""
    return mail.message_id(new_token(), mail.sender_of(runtime.settings.mail_from))


def content_of(
    session: Session, runtime: Runtime, facts: Facts, place: tuple[int, int], now: datetime
) -> bytes:
    """Return the bytes of a mail or the body of a post; stores the hashes of the tokens it carries.

    `place` is what `places` says of the delivery: a prompt is the n-th of so many of its local date.
    """
    person = facts.person
    with speaking(person.language if person else None):
        if facts.delivery.kind == "letter":
            return _letter(session, runtime, facts, now)
        if facts.delivery.kind == "shared" or (
            facts.channel is not None and facts.channel.team_id is not None
        ):
            return KINDS[facts.delivery.transport].shared_post(_shared_words(runtime, facts))
        words = _prompt_words(session, runtime, facts, place, now)
        if facts.delivery.transport == "email":
            return _prompt_mail(runtime, facts, words, now)
        return KINDS[facts.delivery.transport].personal_post(words)


def letter_is_wanted(session: Session, facts: Facts, now: datetime) -> bool:
    """Tell whether what a letter is about still stands: its link neither spent nor expired."""
    if facts.letter is None or facts.person is None:
        return False
    if facts.letter.kind == "sign_in":
        link = store.sign_in_link(session, facts.letter.subject_id)
        return link is not None and link.spent_at is None and now < link.expires_at
    if facts.letter.kind == "invitation":
        invitation = store.invitation(session, facts.letter.subject_id)
        return invitation is not None and invitation.spent_at is None and now < invitation.expires_at
    if facts.letter.kind == notices.CHANNEL_OFF:
        return notices.is_off(session, facts.letter.subject_id)
    return True


def places(session: Session, batch: Sequence[Facts], now: datetime) -> dict[int, tuple[int, int]]:
    """Return by delivery id which of its local date's prompts each one is, and of how many: (3, 5).

    Read for all at once; a prompt that the plan has moved away from has no place.
    """
    prompted = [(f.delivery.id, f.person, f.prompt) for f in batch if f.person is not None]
    by_day: dict[date, list[tuple[int, Person, Prompt]]] = defaultdict(list)
    for delivery_id, person, prompt in prompted:
        if prompt is not None:
            by_day[prompt.local_date].append((delivery_id, person, prompt))
    found: dict[int, tuple[int, int]] = {}
    for day, entries in by_day.items():
        inputs = inputs_for(session, [person for _, person, _ in entries], now, (day - DAY, day))
        for delivery_id, person, prompt in entries:
            own = inputs[person.id]
            kept = day_plan(own.person, own.policies, day, own.history).kept
            position = next((n for n, one in enumerate(kept, 1) if one.due_at == prompt.due_at), 0)
            found[delivery_id] = (position, len(kept))
    return found


def _prompt_words(
    session: Session, runtime: Runtime, facts: Facts, place: tuple[int, int], now: datetime
) -> PromptWords:
    links, person, prompt, policy = runtime.links, facts.person, facts.prompt, facts.policy
    assert person is not None  # noqa: S101 - claimed only with somebody to tell
    team = facts.team.name if facts.team else ""
    if prompt is None or policy is None:
        zone = zone_for(session, person)
        movement = _try_movement(policy, now)
        return PromptWords(
            clock=_clock(now, zone),
            zone=zone.key,
            team=team,
            title=_(movement.title),
            instructions=_(movement.instructions),
            seconds=policy.break_seconds if policy else TRY_SECONDS,
            is_try=True,
            today_url=links.page("/today"),
            settings_url=links.page("/me"),
            safety_url=links.page("/safety"),
        )
    zone = zone_of(prompt.zone)
    movement = catalogue().get(prompt.movement_id)
    may_snooze = prompt.snooze_count < policy.max_snoozes
    token = _answer_token(session, facts, prompt, now)
    return PromptWords(
        clock=_clock(prompt.due_at, zone),
        zone=zone.key,
        team=team,
        title=_(movement.title),
        instructions=_(movement.instructions),
        seconds=policy.break_seconds,
        answer_url=links.answer(token),
        press_key=buttons.personal_key(token) if runtime.settings.slack_signing_secret else None,
        snooze_minutes=policy.snooze if may_snooze else None,
        may_skip=policy.allow_skip,
        number=place[0],
        total=place[1],
        next_clock=_next_clock(person, prompt, zone),
        is_nudge=facts.delivery.nudge > 1,
        today_url=links.page("/today"),
        settings_url=links.page("/me"),
        safety_url=links.page("/safety"),
    )


def _shared_words(runtime: Runtime, facts: Facts) -> SharedWords:
    policy, due_at = facts.policy, facts.delivery.due_at
    movement = _try_movement(policy, due_at)
    return SharedWords(
        policy=policy.name if policy else _("Daybreak"),
        title=_(movement.title),
        instructions=_(movement.instructions),
        seated=None if movement.seated_ok else _seated(movement),
        seconds=policy.break_seconds if policy else TRY_SECONDS,
        today_url=runtime.links.page("/today"),
        is_try=facts.delivery.kind == "try",
        press_key=_shared_key(runtime, facts),
        snooze_minutes=policy.snooze if policy and policy.max_snoozes else None,
        may_skip=policy.allow_skip if policy else False,
    )


def _shared_key(runtime: Runtime, facts: Facts) -> str | None:
    """What the buttons of a shared post carry: policy and instant, nobody's own."""
    is_post = facts.delivery.kind == "shared" and runtime.settings.slack_signing_secret
    return buttons.shared_key(facts.policy.id, facts.delivery.due_at) if is_post and facts.policy else None


def _prompt_mail(runtime: Runtime, facts: Facts, words: PromptWords, now: datetime) -> bytes:
    person, prompt, delivery = facts.person, facts.prompt, facts.delivery
    assert person is not None  # noqa: S101
    sender = mail.sender_of(runtime.settings.mail_from)
    unsubscribe_url = runtime.links.unsubscribe(person.unsubscribe_key)
    written = composing.prompt_mail(words, unsubscribe_url)
    day = prompt.local_date.isoformat() if prompt else None
    return mail.build(
        mail.Mail(
            message_id=delivery.message_id or "",
            sent_at=now,
            sender_name=composing.sender_name(words.team),
            recipient=person.email or "",
            recipient_name=person.name,
            subject=written.subject,
            text=written.text,
            html=written.html,
            thread=mail.thread_id(person.unsubscribe_key, day, sender) if day else None,
            list_name=facts.team.slug if facts.team else "prompts",
            unsubscribe_url=unsubscribe_url,
        ),
        sender,
    )


def _letter(session: Session, runtime: Runtime, facts: Facts, now: datetime) -> bytes:
    person, letter = facts.person, facts.letter
    assert person is not None  # noqa: S101 - see letter_is_wanted
    assert letter is not None  # noqa: S101
    workspace = session.get(Workspace, 1)
    name = (workspace.name if workspace else "") or "Daybreak"
    zone = zone_for(session, person)
    token = new_token()
    inviter = team = channel = cause = ""
    if letter.kind == "sign_in":
        link = store.sign_in_link(session, letter.subject_id)
        assert link is not None  # noqa: S101
        link.token_hash, until_at, url = hash_token(token), link.expires_at, runtime.links.sign_in(token)
    elif letter.kind == "invitation":
        invitation = store.invitation(session, letter.subject_id)
        assert invitation is not None  # noqa: S101
        membership = session.get_one(Membership, invitation.membership_id)
        invited_to = session.get_one(Team, membership.team_id)
        zone, team = zone_of(person.zone or invited_to.zone), invited_to.name
        by = invitation.created_by and session.get(Person, invitation.created_by)
        inviter = by.name if by else ""
        invitation.token_hash, until_at = hash_token(token), invitation.expires_at
        url = runtime.links.join(token)
    elif letter.kind == notices.CHANNEL_OFF:
        row, team, url = notices.channel_of(session, runtime, letter.subject_id)
        until_at, channel, cause = now, row.name, notices.cause_of(row)
    else:
        raise ValueError(f"no letter of kind {letter.kind!r}")
    words = LetterWords(
        link=url,
        until=_until(until_at, now, zone),
        workspace=name,
        team=team,
        inviter=inviter,
        channel=channel,
        cause=cause,
        safety_url=runtime.links.page("/safety"),
    )
    written = composing.letter(letter.kind, words)
    message = mail.Mail(
        message_id=facts.delivery.message_id or "",
        sent_at=now,
        sender_name="",
        recipient=person.email or "",
        recipient_name=person.name,
        subject=written.subject,
        text=written.text,
        html=written.html,
    )
    return mail.build(message, mail.sender_of(runtime.settings.mail_from))


def _answer_token(session: Session, facts: Facts, prompt: Prompt, now: datetime) -> str:
    token = new_token()
    session.add(
        AnswerLink(
            token_hash=hash_token(token),
            prompt_id=prompt.id,
            delivery_id=facts.delivery.id,
            created_at=now,
            expires_at=prompt.day_ends_at + LINK_GRACE,
        )
    )
    return token


def _next_clock(person: Person, prompt: Prompt, zone: ZoneInfo) -> str | None:
    next_at = person.next_due_at
    if next_at is None or next_at >= prompt.day_ends_at or next_at <= prompt.due_at:
        return None
    return _clock(next_at, zone)


def _try_movement(policy: Policy | None, at: datetime) -> Movement:
    if policy is None:
        return catalogue().get(FALLBACK)
    return choose_shared(catalogue(), policy.id, at, pool_of(policy))


def _seated(movement: Movement) -> str:
    """What to do instead without standing up: the named alternative where it is one, else the squeeze."""
    named = catalogue().get(movement.alternative or FALLBACK)
    return _((named if named.seated_ok else catalogue().get(FALLBACK)).title)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def _until(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    clock = _clock(at, zone)
    if local_date(at, zone) == local_date(now, zone):
        return clock
    day = format_date(at.astimezone(zone).date(), "EEEE d MMMM", locale=locale())
    return _("%(day)s, %(clock)s", day=day, clock=clock)
