"""A second coder: slow, obvious, second by second. It shares no code with the engine; the contract is its only source.

Time is a set of seconds: joining is a union, an overlap an intersection, a deduction a difference. A visit is the plain
JSON of the contract; the answer is a count of (code, modifiers, date) and a set of (finding id, administration id).

It codes administration lines only: drug units have their own cases with the arithmetic written out.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

CPT_2026 = {
    "concurrent-chemo": "96549",
    "sequential-chemo-push": "96411",
    "pump-start": "96416",
    "concurrent-therapeutic": "96368",
    "additional-hour-at-exactly-90": "no",
    "additional-hours-of-sequential-therapeutic": "yes",
    "partial-overlap": "deduct-from-shorter",
    "overlap-with-push": "ignore",
    "same-drug-separate-infusions": "add-times",
    "same-drug-push-and-infusion": "both",
    "initial-chemo": "hierarchy",
    "required-second-site": "own-initial",
    "missing-stop": "hold",
    "discontinued-infusion": "push",
    "push-over-15-min": "documented-technique",
    "hydration-segments": "total",
    "midnight": "date-provided",
    "second-initial-modifier": "X",
    "second-site-add-on-modifier": "none",
    "injection-with-iv-modifier": "none",
    "repeat-push": "96376",
}
CARECOST = CPT_2026 | {
    "concurrent-chemo": "96416",
    "sequential-chemo-push": "96417",
    "pump-start": "96521",
    "concurrent-therapeutic": "96367",
    "additional-hour-at-exactly-90": "yes",
    "additional-hours-of-sequential-therapeutic": "no",
    "partial-overlap": "concurrent",
    "same-drug-push-and-infusion": "infusion-only",
    "initial-chemo": "first-given",
    "required-second-site": "same-site",
    "second-initial-modifier": "59",
}
PARENTS = {
    "96361": {"96360", "96365", "96374", "96409", "96413"},
    "96366": {"96360", "96365", "96367", "96413"},
    "96367": {"96360", "96365", "96374", "96409", "96413"},
    "96368": {"96360", "96365", "96366", "96413", "96415", "96416", "C8957"},
    "96375": {"96360", "96365", "96374", "96409", "96413"},
    "96376": {"96365", "96374", "96409", "96413"},
    "96411": {"96409", "96413"},
    "96415": {"96413"},
    "96417": {"96413"},
    "96423": {"96422"},
    "96370": {"96369"},
}
ADD_ONS_OF_A_SITE = {"96361", "96366", "96367", "96368", "96375", "96376", "96411", "96415", "96417"}
HEIGHT = ["not-reported", "hydration", "therapeutic", "hormonal-antineoplastic", "chemotherapy"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Given:
    """One administration, or one mixed bag: what the rest of this file looks at."""

    def __init__(self, members: list[dict], place: int) -> None:
        first = min(members, key=lambda a: moment(a["start"]))
        self.place = place
        self.ids = [a["id"] for a in members]
        self.technique = first["technique"]
        self.kind = max((a["drug_class"] for a in members), key=HEIGHT.index)
        self.start = moment(first["start"])
        stops = [moment(a["stop"]) for a in members if a.get("stop")]
        self.stop = max(stops) if stops else None
        self.encounter = first.get("encounter")
        self.order = first.get("order")
        self.site = first.get("site")
        self.discontinued = any(a.get("discontinued") for a in members)
        self.pump_kind = first.get("pump_kind", "portable")
        self.lesions = first.get("lesions")
        carried = [a for a in members if a["drug_class"] != "hydration"]
        self.drug = frozenset((a.get("drug") or "").strip().lower() for a in carried or members)

    @property
    def chemo(self) -> bool:
        return self.kind in ("chemotherapy", "hormonal-antineoplastic")

    @property
    def seconds(self) -> set[int]:
        if self.stop is None:
            return set()
        return set(range(int(self.start.timestamp()), int(self.stop.timestamp())))

    def day_of(self, second: int) -> date:
        return datetime.fromtimestamp(second, self.start.tzinfo).date()


class Timed:
    """An infusion, after joining: whose seconds are documented, and how many of them still count."""

    def __init__(self, parts: list[Given]) -> None:
        self.parts = sorted(parts, key=lambda g: (g.start, g.place))
        self.first = self.parts[0]
        self.documented: set[int] = set()
        self.hours_only = False
        self.concurrent = False

    def document(self, seconds: set[int]) -> Timed:
        self.documented, self.counted = set(seconds), set(seconds)
        return self

    @property
    def chemo(self) -> bool:
        return self.first.chemo

    @property
    def ids(self) -> list[str]:
        return [i for p in self.parts for i in p.ids]


def minutes(seconds: set[int]) -> int:
    return len(seconds) // 60


class Coder:
    def __init__(self, visit: dict, policy: dict, document_order: bool = False) -> None:
        self.visit, self.policy, self.document_order = visit, policy, document_order
        self.lines: Counter = Counter()
        self.owned: list[tuple[str, object, object, date]] = []  # code, encounter, site, date
        self.findings: set[tuple[str, str]] = set()

    # -- small words ---------------------------------------------------------------------------------------------

    def find(self, what: str, ids: list[str]) -> None:
        self.findings |= {(what, i) for i in ids}

    def add(self, code: str, day: date, units: int = 1, *, modifiers: tuple = (), encounter=None, site=None) -> None:
        if units <= 0:
            return
        on_every_add_on = self.policy["second-site-add-on-modifier"] == "59" and code in ADD_ONS_OF_A_SITE
        if on_every_add_on and self.initial_modifier.get((encounter, site)):
            modifiers = tuple(sorted({*modifiers, "59"}))
        self.lines[(code, modifiers, day)] += units
        self.owned.append((code, encounter, site, day))

    def extra_hours(self, m: int) -> int:
        if self.policy["additional-hour-at-exactly-90"] == "yes":
            return max(0, (m - 30) // 60)
        return max(0, (m - 31) // 60)

    def hours_alone(self, m: int) -> int:
        return 0 if m <= 30 else 1 + self.extra_hours(m)

    def add_hours(self, code: str, timed: Timed, first: int, count: int, **where) -> None:
        """Additional hours: hour n begins n x 60 counted minutes after the start."""
        order = sorted(timed.counted)
        for n in range(first, first + count):
            day = timed.first.start.date()
            if self.policy["midnight"] == "date-provided":
                day = timed.first.day_of(order[n * 3600])
            self.add(code, day, **where)

    # -- the story -----------------------------------------------------------------------------------------------

    def code(self) -> Coder:
        given = self.visit["administrations"]
        if self.visit["setting"] == "professional-in-facility":
            self.find("professional-in-facility", [a["id"] for a in given])
            return self
        if any(moment(a["start"]).date() < date(2024, 1, 1) for a in given):
            self.find("no-rule-in-force", [a["id"] for a in given])
            return self
        known = [a for a in given if a.get("drug_class") or a["technique"] == "flush"]
        self.find("drug-class-unknown", [a["id"] for a in given if a not in known])
        bags = self.bags(known)
        self.settle_techniques(bags)
        encounters: dict = {}
        for g in bags:
            encounters.setdefault(g.encounter, []).append(g)
        self.initial_modifier: dict = {}
        ordered = sorted(encounters, key=lambda e: min(g.start for g in encounters[e]))
        self.initials: list[tuple[object, date]] = []
        for encounter in ordered:
            self.code_encounter(encounter, encounters[encounter])
        self.injection_modifiers()
        self.flushes(bags)
        self.check_parents()
        return self

    def bags(self, given: list[dict]) -> list[Given]:
        group = {a["id"]: {a["id"]} for a in given}
        for a in given:
            other = a.get("same_bag_as")
            if other in group:
                together = group[a["id"]] | group[other]
                for i in together:
                    group[i] = together
        seen, bags = set(), []
        for place, a in enumerate(given):
            if a["id"] not in seen:
                seen |= group[a["id"]]
                bags.append(Given([b for b in given if b["id"] in group[a["id"]]], place))
        return bags

    def settle_techniques(self, bags: list[Given]) -> None:
        for g in bags:
            if g.technique == "pump" and g.kind != "not-reported" and g.stop and g.stop - g.start <= timedelta(hours=8):
                g.technique = "infusion"
                self.find("pump-not-prolonged", g.ids)
            if (
                g.technique == "push"
                and self.policy["push-over-15-min"] == "time"
                and g.stop
                and minutes(g.seconds) > 15
            ):
                g.technique = "infusion"
            if g.stop == g.start and g.technique in ("infusion", "sc-infusion"):
                g.stop = None
            if g.technique == "infusion" and g.stop is None and g.kind not in ("not-reported",):
                self.find("stop-time-missing", g.ids)
                hold = self.policy["missing-stop"] == "hold" or g.kind == "hydration"
                g.technique = "nothing" if hold else "push"

    def code_encounter(self, encounter, bags: list[Given]) -> None:
        sites: dict = {}
        labels = {g.site for g in bags}
        required = {
            a.get("site")
            for a in self.visit["administrations"]
            if a.get("site_required") and a.get("encounter") == encounter
        }
        for g in bags:
            own = self.policy["required-second-site"] == "own-initial" and len(labels) > 1 and g.site in required
            sites.setdefault(g.site if own else "usual", []).append(g)
        plans = [Site(self, encounter, name, members) for name, members in sites.items()]
        with_initial = sorted((p for p in plans if p.initial), key=lambda p: p.initial_key())
        for position, plan in enumerate(with_initial):
            day = plan.initial_day()
            modifier = None
            if position > 0:
                modifier = "59" if self.policy["second-initial-modifier"] == "59" else "XS"
            elif any(other != encounter and d == day for other, d in self.initials):
                modifier = "59" if self.policy["second-initial-modifier"] == "59" else "XE"
            self.initial_modifier[(encounter, plan.name)] = modifier
        for plan in with_initial:
            self.initials.append((encounter, plan.initial_day()))
        self.concurrent_therapeutic: list = []
        for plan in plans:
            plan.emit()
        self.once(encounter)

    def once(self, encounter) -> None:
        """96368 is once per encounter, dated with the first of them."""
        waiting = sorted(self.concurrent_therapeutic, key=lambda w: (w[0].first.start, w[0].first.place))
        if waiting:
            timed, site = waiting[0]
            self.add("96368", timed.first.start.date(), encounter=encounter, site=site)
        for timed, _ in waiting[1:]:
            self.find("concurrent-once", timed.ids)

    def injection_modifiers(self) -> None:
        if self.policy["injection-with-iv-modifier"] != "59":
            return
        days = {d for _, d in self.initials}
        for code, modifiers, day in list(self.lines):
            if code == "96372" and day in days:
                self.lines[(code, (*modifiers, "59"), day)] += self.lines.pop((code, modifiers, day))

    def flushes(self, bags: list[Given]) -> None:
        busy = {day for _, _, day in self.lines}
        done: set[date] = set()
        for g in sorted((g for g in bags if g.technique == "flush"), key=lambda g: (g.start, g.place)):
            day = g.start.date()
            if day not in busy and day not in done:
                done.add(day)
                self.add("96523", day, encounter=g.encounter)
            elif day in busy:
                self.find("included", g.ids)

    def check_parents(self) -> None:
        parents = dict(PARENTS)
        if self.document_order:
            parents["96417"] = {"96413", "96409"}
            parents["96415"] = {"96413", "96417"}
        for code, encounter, _, _ in self.owned:
            have = {c for c, e, _, _ in self.owned if e == encounter}
            if code in parents and not parents[code] & have:
                self.findings.add(("add-on-without-primary", code))


class Site:
    """One encounter's one place: who is timed, who is pushed, which is the initial service."""

    def __init__(self, coder: Coder, encounter, name, given: list[Given]) -> None:
        self.coder, self.policy, self.encounter, self.name = coder, coder.policy, encounter, name
        self.given = given
        self.joined: list[Timed] = self.join([g for g in given if g.technique == "infusion"])
        self.drips = [t for t in self.joined if t.chemo or t.first.kind == "therapeutic"]
        self.judge()
        self.services = self.merge()
        self.settle_pushes()
        self.hydrate()
        self.choose_initial()

    # -- joining -------------------------------------------------------------------------------------------------

    def join(self, infusions: list[Given]) -> list[Timed]:
        groups: list[Timed] = []
        for g in sorted(infusions, key=lambda g: (g.start, g.place)):
            timed = Timed([g]).document(g.seconds)
            mates = [o for o in groups if self.belongs(o, timed)]
            for mate in mates:
                both = mate.documented | timed.documented | self.short_gap(mate, timed)
                timed = Timed(mate.parts + timed.parts).document(both)
                groups.remove(mate)
            groups.append(timed)
        return groups

    def belongs(self, a: Timed, b: Timed) -> bool:
        if a.first.drug != b.first.drug:
            return False
        ordered = any(p.order is not None and p.order == b.first.order for p in a.parts)
        last_a = max(p.stop for p in a.parts)
        touching = b.first.start <= last_a
        stopped_early = b.first.kind != "hydration" and a.parts[-1].discontinued
        return ordered or touching or stopped_early

    def short_gap(self, a: Timed, b: Timed) -> set[int]:
        same = [p for p in a.parts if p.order is not None and p.order == b.first.order]
        if not same:
            return set()
        end = int(max(p.stop for p in same).timestamp())
        begin = int(b.first.start.timestamp())
        return set(range(end, begin)) if 0 < begin - end <= 300 else set()

    def judge(self) -> None:
        """15 minutes or less is a push, unless it was stopped early and the policy keeps it an infusion with 53."""
        self.pushes = [Timed([g]).document(g.seconds) for g in self.given if g.technique == "push"]
        self.stopped: list[Timed] = []
        for t in list(self.drips):
            if minutes(t.documented) <= 15:
                self.drips.remove(t)
                early = t.parts[-1].discontinued and self.policy["discontinued-infusion"] == "53"
                (self.stopped if early else self.pushes).append(t)
        self.pushes = [t for t in self.pushes if t.chemo or t.first.kind == "therapeutic"]
        self.pushes.sort(key=lambda t: (t.first.start, t.first.place))
        self.pushed_for_hydration = list(self.pushes)

    def merge(self) -> list[Timed]:
        """Separate infusions of one drug, as the policy reads them."""
        how = self.policy["same-drug-separate-infusions"]
        self.later: list[Timed] = []
        by_drug: dict = {}
        for t in sorted(self.drips, key=lambda t: (t.first.start, t.first.place)):
            by_drug.setdefault(t.first.drug, []).append(t)
        services = []
        for parts in by_drug.values():
            if how == "add-times" or (how == "96376" and parts[0].chemo):
                services += self.add_times(parts)
            else:
                services.append(parts[0])
                self.later += parts[1:]
        return services

    @staticmethod
    def add_times(parts: list[Timed]) -> list[Timed]:
        by_day: dict = {}
        for t in parts:
            by_day.setdefault(t.first.start.date(), []).append(t)
        days = []
        for position, day in enumerate(sorted(by_day)):
            seconds = set().union(*(t.documented for t in by_day[day]))
            one = Timed([p for t in by_day[day] for p in t.parts]).document(seconds)
            one.hours_only = position > 0
            days.append(one)
        return days

    # -- pushes --------------------------------------------------------------------------------------------------

    def settle_pushes(self) -> None:
        infused = {t.first.drug for t in self.drips} | {t.first.drug for t in self.stopped}
        self.first_pushes: list[Timed] = []
        self.repeats: list[Timed] = []
        last: dict = {}
        for t in self.pushes:
            drug = t.first.drug
            if drug in infused and t.chemo and self.policy["same-drug-push-and-infusion"] == "infusion-only":
                self.coder.find("same-drug-push-and-infusion", t.ids)
                continue
            if drug not in last:
                if drug in infused:
                    self.coder.find("same-drug-push-and-infusion", t.ids)
                last[drug] = t.first.start
                self.first_pushes.append(t)
            elif (
                not t.chemo
                and self.coder.visit["setting"] == "facility"
                and self.policy["repeat-push"] == "96376"
                and t.first.start - last[drug] > timedelta(minutes=30)
            ):
                last[drug] = t.first.start
                self.repeats.append(t)
            else:
                self.coder.find("repeat-not-reported", t.ids)

    # -- hydration -----------------------------------------------------------------------------------------------

    def hydrate(self) -> None:
        fluids = [t for t in self.joined if t.first.kind == "hydration"]
        taken: set[int] = set()
        for t in self.drips + self.stopped + self.pushed_for_hydration:
            taken |= t.documented
        for g in self.given:
            if g.technique == "pump" and g.kind not in ("not-reported", "hydration"):
                end = g.stop or max(h.stop for h in self.given if h.stop) if any(h.stop for h in self.given) else None
                if end:
                    taken |= set(range(int(g.start.timestamp()), int(end.timestamp())))
        self.water: set[int] = set().union(*(t.documented for t in fluids)) - taken if fluids else set()
        self.fluids = fluids
        if self.policy["hydration-segments"] == "total":
            self.pieces = [self.water] if minutes(self.water) >= 31 else []
        else:
            self.pieces = [p for p in unbroken(self.water) if minutes(p) >= 31]
        for t in fluids:
            if not self.pieces or not any(t.documented & p for p in self.pieces):
                self.coder.find("hydration-too-short", t.ids)

    # -- initial -------------------------------------------------------------------------------------------------

    def ladder(self) -> list[tuple[int, Timed]]:
        rungs: list[tuple[int, Timed]] = []
        for t in self.services + self.stopped:
            if not t.hours_only:
                rungs.append((0 if t.chemo else 2, t))
        for t in self.first_pushes:
            rungs.append((1 if t.chemo else 3, t))
        if self.pieces:
            rungs.append((4, Timed([self.fluid_of(self.pieces[0])]).document(set().union(*self.pieces))))
        return rungs

    def fluid_of(self, piece: set[int]) -> Given:
        begin = min(piece)
        return next(p for t in self.fluids for p in t.parts if begin in p.seconds or begin in t.documented)

    def rank_key(self, rung: int, t: Timed) -> tuple:
        day = t.first.start.date()
        start = t.first.start
        if rung == 4:
            day, start = t.first.day_of(min(t.documented)), datetime.fromtimestamp(min(t.documented), start.tzinfo)
        return (self.step(rung), day, -minutes(t.documented), start, t.first.place)

    def step(self, rung: int) -> int:
        if self.coder.visit["setting"] != "office":
            return rung
        wanted = {"chemotherapy": (0, 1), "therapeutic": (2, 3), "hydration": (4,)}.get(
            self.coder.visit.get("primary_reason"), ()
        )
        return rung - 10 if rung in wanted else rung

    def choose_initial(self) -> None:
        rungs = self.ladder()
        self.initial, self.rung = None, None
        if not rungs:
            return
        chemo = [(r, t) for r, t in rungs if r in (0, 1)]
        if chemo and self.policy["initial-chemo"] == "first-given":
            key = lambda rt: (rt[1].first.start.replace(second=0), rt[0], rt[1].first.start, rt[1].first.place)  # noqa: E731
            self.rung, self.initial = min(chemo, key=key)
        else:
            self.rung, self.initial = min(rungs, key=lambda rt: self.rank_key(*rt))

    def initial_key(self) -> tuple:
        key = self.rank_key(self.rung, self.initial)
        return (key[0], key[1], key[2], key[3], key[4])

    def initial_day(self) -> date:
        if self.rung == 4:
            return self.initial.first.day_of(min(self.initial.documented))
        return self.initial.first.start.date()

    # -- overlap -------------------------------------------------------------------------------------------------

    def overlaps(self) -> None:
        timed = self.services + self.later
        if self.policy["partial-overlap"] == "deduct-from-shorter":
            self.deduct(timed)
        else:
            self.make_concurrent(timed)
        if self.policy["overlap-with-push"] == "concurrent":
            for t in timed:
                if t is not self.initial and not t.chemo:
                    for p in self.pushes:
                        starts_inside = int(p.first.start.timestamp()) in t.documented
                        if p.first.drug != t.first.drug and (starts_inside or p.documented & t.documented):
                            t.concurrent = True

    def deduct(self, timed: list[Timed]) -> None:
        gave: set[int] = set()
        while True:
            pairs = []
            for i, a in enumerate(timed):
                for b in timed[i + 1 :]:
                    common = a.counted & b.counted
                    if a.first.drug != b.first.drug and len(common) >= 60:
                        places = tuple(sorted((a.first.place, b.first.place)))
                        pairs.append((min(common), places, a, b, common))
            if not pairs:
                break
            _, _, a, b, common = min(pairs, key=lambda p: p[:2])
            giver = self.giver(a, b)
            giver.counted -= common
            gave.add(id(giver))
        for t in timed:
            t.concurrent = id(t) in gave and minutes(t.counted) < 16

    def giver(self, a: Timed, b: Timed) -> Timed:
        if self.initial in (a, b):
            return b if a is self.initial else a
        if a.chemo != b.chemo:
            return b if a.chemo else a
        # fewer minutes still counted, else later started, else later in the file
        return min(a, b, key=lambda t: (minutes(t.counted), -t.first.start.timestamp(), -t.first.place))

    def make_concurrent(self, timed: list[Timed]) -> None:
        def order(t: Timed) -> tuple:
            start = t.first.start
            if self.coder.document_order:
                return (t is not self.initial, not t.chemo, start, t.first.place)
            return (t is not self.initial, not t.chemo, start.date(), -minutes(t.documented), start, t.first.place)

        already: list[Timed] = []
        for t in sorted(timed, key=order):
            others = [o for o in already if o.first.drug != t.first.drug]
            if self.coder.document_order and t.chemo:
                others = [o for o in others if o.chemo]
            t.concurrent = t is not self.initial and any(len(o.documented & t.documented) >= 60 for o in others)
            if not t.concurrent:
                already.append(t)

    # -- lines ---------------------------------------------------------------------------------------------------

    def emit(self) -> None:
        self.where = {"encounter": self.encounter, "site": self.name}
        self.overlaps()
        for t in self.services:
            self.emit_infusion(t)
        for t in self.later:
            self.emit_later(t)
        for t in self.stopped:
            base = ("96413" if t.chemo else "96365") if t is self.initial else ("96417" if t.chemo else "96367")
            self.put(base, t, modifiers=("53",))
        for t in self.first_pushes:
            self.put(self.push_code(t), t)
        for t in self.repeats:
            self.put("96376", t)
        self.emit_hydration()
        for g in self.given:
            self.emit_other(g)

    def put(self, code: str, t: Timed, modifiers: tuple = ()) -> None:
        if t is self.initial and (extra := self.coder.initial_modifier.get((self.encounter, self.name))):
            modifiers = (*modifiers, extra)
        self.coder.add(code, t.first.start.date(), modifiers=tuple(sorted(modifiers)), **self.where)

    def push_code(self, t: Timed) -> str:
        if t is self.initial:
            return "96409" if t.chemo else "96374"
        return self.policy["sequential-chemo-push"] if t.chemo else "96375"

    def emit_infusion(self, t: Timed) -> None:
        hour = "96415" if t.chemo else "96366"
        if t.concurrent:
            return self.emit_concurrent(t)
        m = minutes(t.counted)
        if t.hours_only:
            count = self.coder.hours_alone(m) if self.later_hours_allowed(t) else 0
            if not count:
                self.coder.find("same-drug-too-short", t.ids)
            return self.coder.add_hours(hour, t, 0, count, **self.where)
        if t is self.initial:
            self.put("96413" if t.chemo else "96365", t)
        else:
            self.put("96417" if t.chemo else "96367", t)
        if t.chemo or t is self.initial or self.policy["additional-hours-of-sequential-therapeutic"] == "yes":
            self.coder.add_hours(hour, t, 1, self.coder.extra_hours(m), **self.where)
        return None

    def later_hours_allowed(self, t: Timed) -> bool:
        of_initial = self.initial is not None and self.initial.first.drug == t.first.drug
        return t.chemo or of_initial or self.policy["additional-hours-of-sequential-therapeutic"] == "yes"

    def emit_concurrent(self, t: Timed) -> None:
        if t.chemo:
            return self.put(self.policy["concurrent-chemo"], t)
        if self.policy["concurrent-therapeutic"] == "96368":
            self.coder.concurrent_therapeutic.append((t, self.name))
            return None
        self.put("96367", t)
        t.counted = set(t.documented)
        if self.policy["additional-hours-of-sequential-therapeutic"] == "yes":
            self.coder.add_hours("96366", t, 1, self.coder.extra_hours(minutes(t.counted)), **self.where)
        return None

    def emit_later(self, t: Timed) -> None:
        """A later separate infusion of a drug, where times are not added."""
        if t.concurrent:
            return self.emit_concurrent(t)
        if self.policy["same-drug-separate-infusions"] == "96376":
            if self.coder.visit["setting"] == "facility":
                self.put("96376", t)
            return None
        if not self.later_hours_allowed(t):
            return None
        hours = 1 + self.coder.extra_hours(minutes(t.counted))
        return self.coder.add_hours("96415" if t.chemo else "96366", t, 0, hours, **self.where)

    def emit_hydration(self) -> None:
        for position, piece in enumerate(self.pieces):
            t = Timed([self.fluid_of(piece)]).document(piece)
            if self.policy["midnight"] == "start-date":
                pass
            m = minutes(piece)
            first = 0
            count = self.coder.hours_alone(m)
            if self.rung == 4 and position == 0:
                modifier = self.coder.initial_modifier.get((self.encounter, self.name))
                day = t.first.day_of(min(piece))
                self.coder.add("96360", day, modifiers=(modifier,) if modifier else (), **self.where)
                first, count = 1, self.coder.extra_hours(m)
            self.coder.add_hours("96361", t, first, count, **self.where)

    def emit_other(self, g: Given) -> None:
        timed = {
            ("sc-infusion", "therapeutic"): ("96369", "96370", "96372"),
            ("intra-arterial-infusion", "chemotherapy"): ("96422", "96423", "96420"),
        }
        if g.kind == "not-reported" or g.technique in ("infusion", "push", "nothing", "flush", "oral"):
            return
        if (g.technique, g.kind) in timed:
            self.emit_timed_route(g, *timed[(g.technique, g.kind)])
        elif code := self.code_of_another_way(g):
            self.coder.add(code, g.start.date(), **self.where)
        else:
            self.coder.find("no-code", g.ids)

    def code_of_another_way(self, g: Given) -> str | None:
        facility = self.coder.visit["setting"] == "facility"
        if g.technique == "pump":
            return self.policy["pump-start"] if g.chemo else ("C8957" if facility and g.kind == "therapeutic" else None)
        if g.technique == "pump-refill":
            return "96522" if g.pump_kind == "implantable" else "96521"
        lesions = None if g.lesions is None else ("96405" if g.lesions <= 7 else "96406")
        injection = {"chemotherapy": "96401", "hormonal-antineoplastic": "96402", "therapeutic": "96372"}
        return {
            "im": injection,
            "sc": injection,
            "intra-arterial-push": {"chemotherapy": "96420", "therapeutic": "96373"},
            "intralesional": {"chemotherapy": lesions},
            "intrathecal": {"chemotherapy": "96450"},
            "intraperitoneal": {"chemotherapy": "96446"},
            "intrapleural": {"chemotherapy": "96440"},
        }.get(g.technique, {}).get(g.kind)

    def emit_timed_route(self, g: Given, base: str, hour: str, short: str) -> None:
        if g.stop is None:
            self.coder.find("stop-time-missing", g.ids)
            if self.policy["missing-stop"] == "push":
                self.coder.add(short, g.start.date(), **self.where)
            return
        m = minutes(g.seconds)
        t = Timed([g]).document(g.seconds)
        self.coder.add(short if m <= 15 else base, g.start.date(), **self.where)
        if m > 15:
            self.coder.add_hours(hour, t, 1, self.coder.extra_hours(m), **self.where)


def unbroken(seconds: set[int]) -> list[set[int]]:
    pieces: list[set[int]] = []
    for s in sorted(seconds):
        if pieces and s - 1 in pieces[-1]:
            pieces[-1].add(s)
        else:
            pieces.append({s})
    return pieces


def code(visit: dict, policy: dict, *, document_order: bool = False) -> tuple[Counter, set[tuple[str, str]]]:
    """Administration lines as a count of (code, modifiers, date), and findings as (id, administration or code)."""
    coder = Coder(visit, policy, document_order).code()
    return coder.lines, coder.findings
