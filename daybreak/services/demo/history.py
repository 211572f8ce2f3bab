"""The demo's past: prompts where the plan puts them, and what their persons made of them, in bulk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import insert
from sqlalchemy.orm import Session

from daybreak.data import catalogue, read_text
from daybreak.domain.delivery import DeliveryState
from daybreak.domain.movement import REMEMBERED, Draw, Pool, choose
from daybreak.domain.occurrence import DayPlan, History, Occurrence, SentPrompt
from daybreak.domain.plan import day_plan
from daybreak.domain.preset import parse_presets
from daybreak.domain.prompt import Standing, day_end, deadline
from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.time import DAY, MINUTE
from daybreak.services.demo.habits import Habit, Reaction
from daybreak.services.movements import FIRST_WEEK, pool_of, wishes_of
from daybreak.services.plan_inputs import PlanInputs, inputs_for, rules_of, sent_prompt
from daybreak.services.routing import EMAIL
from daybreak.store.tables import Attempt, BreakTaken, Delivery, Person, Policy, Prompt

SETTLING = timedelta(weeks=7)  # until participation has found its level
LOGGED = timedelta(days=7)  # how far back the delivery log reaches
TAKES = timedelta(seconds=2)  # from due to handed off


@dataclass
class Past:
    """The past of some persons, written date by date in the order of time."""

    session: Session
    policies: dict[int, Policy]
    habits: dict[int, Habit]  # by person id
    began_on: date
    now: datetime
    recent: dict[int, list[str]] = field(default_factory=dict)  # movements of a person, the newest first
    rules: dict[int, PolicyRules] = field(init=False)
    pools: dict[int, Pool] = field(init=False)

    def __post_init__(self) -> None:
        self.rules = {key: rules_of(policy) for key, policy in self.policies.items()}
        self.pools = {key: pool_of(policy) for key, policy in self.policies.items()}

    def write(self, persons: Sequence[Person], first: date, last: date) -> None:
        """Write what happened to these persons on the local dates, up to now; at most a few weeks at once."""
        inputs = inputs_for(self.session, persons, self.now, days=(first, last))
        lived: list[tuple[Prompt, Reaction]] = []
        for person in persons:
            day, sent = first, list(inputs[person.id].history.sent)
            breaks = list(inputs[person.id].history.breaks)
            while day <= last:
                lived += self._day(person, inputs[person.id], day, sent, breaks)
                day += DAY
        self.session.add_all([prompt for prompt, _ in lived])
        self.session.flush()
        self._add_breaks(lived)
        self._log([prompt for prompt, _ in lived if prompt.pushed and prompt.due_at > self.now - LOGGED])

    def _day(
        self, person: Person, inputs: PlanInputs, day: date, sent: list[SentPrompt], breaks: list[datetime]
    ) -> Iterator[tuple[Prompt, Reaction]]:
        """One person's local date: each prompt is planned after what became of the one before, as in life."""
        after_at = None
        while True:
            near = tuple(one for one in sent if day - one.local_date <= DAY)
            plan = day_plan(inputs.person, inputs.policies, day, History(near, tuple(breaks[-20:])))
            coming = [one for one in plan.kept if not one.sent and (not after_at or one.due_at > after_at)]
            if not coming or coming[0].due_at + TAKES > self.now:
                return  # what has just come due is the worker's
            after_at = coming[0].due_at
            prompt, reaction = self._prompt(person, inputs, plan, coming)
            sent.append(sent_prompt(prompt))
            breaks += [at for at in _breaks(reaction) if at <= self.now]
            yield prompt, reaction

    def _prompt(
        self, person: Person, inputs: PlanInputs, plan: DayPlan, coming: Sequence[Occurrence]
    ) -> tuple[Prompt, Reaction]:
        occurrence, policy = coming[0], self.policies[coming[0].policy_id]
        rules, habit = self.rules[policy.id], self.habits[person.id]
        next_at = coming[1].due_at if len(coming) > 1 else None
        due_at = occurrence.due_at
        sent_at = due_at + TAKES if occurrence.pushed else habit.sees(occurrence, due_at)
        deadline_at = deadline(sent_at or occurrence.due_at, rules.response_window, 0, next_at)
        if sent_at is None or sent_at > min(deadline_at, self.now):
            sent_at, reaction = None, Reaction(Standing.UNDELIVERED)
        else:
            progress = (occurrence.local_date - self.began_on) / SETTLING
            free_until_at = (next_at or occurrence.window_end_at) - rules.min_gap * MINUTE
            reaction = habit.react(occurrence, progress, sent_at, deadline_at, free_until_at)
        prompt = Prompt(
            person_id=person.id,
            policy_id=policy.id,
            team_id=policy.team_id,
            local_date=occurrence.local_date,
            local_time=occurrence.local_time,
            fold=occurrence.fold,
            zone=plan.zone.key,
            due_at=occurrence.due_at,
            window_end_at=occurrence.window_end_at,
            expires_at=occurrence.due_at + rules.expiry,
            deadline_at=deadline_at,
            day_ends_at=day_end(occurrence.local_date, plan.zone, occurrence.window_end_at),
            movement_id=self._movement(person, inputs, policy, occurrence),
            pushed=occurrence.pushed,
            nudges=1,
            first_sent_at=sent_at,
            last_nudge_at=sent_at,
        )
        self._settle(prompt, reaction)
        return prompt, reaction

    def _settle(self, prompt: Prompt, reaction: Reaction) -> None:
        """Give the prompt the standing that it has by now."""
        if reaction.at is not None and reaction.at <= self.now:
            prompt.standing = reaction.standing.value
            prompt.answered_at = prompt.closed_at = reaction.at
        elif prompt.deadline_at <= self.now:
            unseen = prompt.first_sent_at is None
            prompt.standing = (Standing.UNDELIVERED if unseen else Standing.MISSED).value
            prompt.reason = "expired" if unseen else None
            prompt.closed_at = prompt.deadline_at
        else:
            prompt.standing = Standing.OPEN.value

    def _movement(self, person: Person, inputs: PlanInputs, policy: Policy, occurrence: Occurrence) -> str:
        recent = self.recent.setdefault(person.id, [])
        draw = Draw(person.id, policy.id, occurrence.local_date, occurrence.local_time)
        joined_on = next(one.joined_on for one in inputs.policies if one.policy_id == policy.id)
        is_new = joined_on is not None and occurrence.local_date - joined_on < FIRST_WEEK
        first_week = _first_week() if is_new else ()
        chosen = choose(catalogue(), draw, self.pools[policy.id], wishes_of(person), recent, first_week).id
        recent[:] = [chosen, *recent[: REMEMBERED - 1]]
        return chosen

    def _add_breaks(self, lived: Sequence[tuple[Prompt, Reaction]]) -> None:
        taken = [
            {
                "person_id": prompt.person_id,
                "prompt_id": prompt.id if at == reaction.at else None,
                "local_date": prompt.local_date,
                "taken_at": at,
            }
            for prompt, reaction in lived
            for at in _breaks(reaction)
            if at <= self.now
        ]
        if taken:
            self.session.execute(insert(BreakTaken), taken)

    def _log(self, prompts: Sequence[Prompt]) -> None:
        """The messages that carried the prompts."""
        deliveries = [_delivery(prompt) for prompt in prompts]
        self.session.add_all(deliveries)
        self.session.flush()
        sent = {"result": "sent", "code": "outbox"}
        tries = [{"delivery_id": one.id, "at": one.sent_at, **sent} for one in deliveries]
        if tries:
            self.session.execute(insert(Attempt), tries)


def _delivery(prompt: Prompt) -> Delivery:
    return Delivery(
        key=f"prompt:{prompt.id}:1:{EMAIL}",
        kind="prompt",
        transport=EMAIL,
        prompt_id=prompt.id,
        person_id=prompt.person_id,
        team_id=prompt.team_id,
        policy_id=prompt.policy_id,
        due_at=prompt.due_at,
        expires_at=prompt.expires_at,
        state=DeliveryState.SENT.value,
        attempts=1,
        next_try_at=prompt.due_at,
        sent_at=prompt.first_sent_at,
        closed_at=prompt.first_sent_at,
    )


def _breaks(reaction: Reaction) -> list[datetime]:
    answered = reaction.at if reaction.standing in (Standing.DONE, Standing.LATE) else None
    return [at for at in (answered, reaction.own_break_at) if at is not None]


@cache
def _first_week() -> tuple[str, ...]:
    return parse_presets(read_text("presets.toml")).first_week_movements
