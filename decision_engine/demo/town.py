"""The demonstration town: 青禾镇 in 临河区, with the people, units and deciding bodies of both governments.

Everyone here is invented. Every role of every shipped diagram is held by somebody, all sign in with one printed
password, and the two administrators can put a procedure in force between them. Loading is one transaction of the
actor *setup*, through the same verbs an administrator uses, so the log says who came from where; loading again
changes nothing. Never load it into an installation that serves a real town.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine.access import Actor, Standing
from decision_engine.commands import accounts, people
from decision_engine.commands.founding import SETUP
from decision_engine.commands.people import Membership
from decision_engine.models import Account, Organ, Person, Unit
from decision_engine.work import House, Work, reading, unit_of_work

TOWN, DISTRICT = "青禾镇人民政府", "临河区人民政府"
PASSWORD = "qinghe-2026"  # noqa: S105  printed at sign-in: the demonstration keeps no secret
SINCE = date(2025, 1, 1)
"""First day of every demonstration post: before any story begins."""

OVERLAYS = ("national", "district:linhe", "town:qinghe")
"""The rule overlays in force in the town, from wide to narrow."""

MAYORS_OFFICE, PARTY_COMMITTEE = "mayor_office_meeting", "party_committee"
EXECUTIVE_MEETING = "gov_executive_meeting"

PUBLIC_SERVICE, AGRICULTURE, JUSTICE = "公共服务办公室", "农业农村办公室", "司法所"
OFFICE, PARTY_OFFICE, FINANCE, ARCHIVE = "党政办公室", "党委办公室", "财政所", "档案室"
INSPECTION, MARKET = "督查室", "市场监督管理所"
TOWN_UNITS = (
    PUBLIC_SERVICE, AGRICULTURE, JUSTICE, OFFICE, PARTY_OFFICE, FINANCE, ARCHIVE, INSPECTION, MARKET,
)  # fmt: skip
DISTRICT_OFFICE, DISTRICT_JUSTICE, EDUCATION, TRANSPORT = (
    "区政府办公室",
    "区司法局",
    "区教育局",
    "区交通运输局",
)
DISTRICT_UNITS = (DISTRICT_OFFICE, DISTRICT_JUSTICE, EDUCATION, TRANSPORT, "区民政局", TOWN)
"""The district's units; the town, as the lower government, co-operates like one."""

ROLE_NAMES: Mapping[str, str] = {
    "secretary": "经办秘书",
    "lead_unit_officer": "承办单位经办人",
    "lead_unit_head": "承办单位负责人",
    "consulted_unit": "被征求意见单位",
    "expert": "论证专家",
    "risk_assessor": "风险评估人员",
    "legal_officer": "合法性审查人员",
    "legal_adviser": "法律顾问",
    "market_regulator": "公平竞争审查人员",
    "office_director": "办公室主任",
    "meeting_member": "会议组成人员",
    "principal": "主要负责人",
    "recorder": "会议记录人",
    "party_office": "党委办公室",
    "archivist": "档案管理员",
    "executing_officer": "执行单位经办人",
    "inspector": "督查人员",
    "post_evaluator": "后评估人员",
    "auditor": "审计（监督）人员",
    "administrator": "系统管理员",
}


@dataclass(frozen=True, slots=True)
class Official:
    """Somebody of the demonstration: sign-in name, name, post, unit (None: of no unit) and roles.

    *also*: another organ in which the same post is held: auditors, lawyers and experts serve both governments.
    """

    login: str
    name: str
    title: str
    roles: tuple[str, ...]
    unit: str | None = None
    organ: str = TOWN
    also: str | None = None


def _member(login: str, name: str, title: str, *more: str, organ: str = TOWN) -> Official:
    return Official(login, name, title, ("meeting_member", *more), organ=organ)


OFFICIALS: tuple[Official, ...] = (
    _member("mayor", "江远舟", "镇长", "principal"),
    _member("party.secretary", "沈怀川", "镇党委书记", "principal"),
    _member("deputy.secretary", "梁知秋", "镇党委副书记"),
    _member("deputy1", "顾明礼", "常务副镇长"),
    _member("deputy2", "邵一帆", "分管民政副镇长"),
    _member("deputy3", "唐晓棠", "分管农业农村副镇长"),
    _member("deputy4", "贺兰洲", "分管城建副镇长"),
    _member("deputy5", "袁牧之", "分管财政副镇长"),
    _member("deputy6", "曲清和", "分管教育卫生副镇长"),
    _member("discipline", "魏守正", "镇纪委书记"),
    _member("organisation", "叶知夏", "镇党委组织委员"),
    _member("publicity", "柳若溪", "镇党委宣传委员"),
    _member("defence", "石砚山", "镇人民武装部部长"),
    _member("politics.law", "安澜", "镇党委政法委员"),
    Official("secretary", "苏文静", "党政办公室经办秘书", ("secretary",), OFFICE),
    Official("director", "方立行", "党政办公室主任", ("office_director",), OFFICE),
    Official("recorder", "陈书言", "党政办公室会议记录员", ("recorder",), OFFICE),
    Official("officer", "林小满", "公共服务办公室科员", ("lead_unit_officer",), PUBLIC_SERVICE),
    Official("head", "高为民", "公共服务办公室主任", ("lead_unit_head",), PUBLIC_SERVICE),
    Official(
        "farming", "田守诚", "农业农村办公室科员",
        ("consulted_unit", "executing_officer", "lead_unit_officer"), AGRICULTURE,
    ),
    Official("finance", "钱守约", "财政所所长", ("consulted_unit",), FINANCE),
    Official("justice", "宋秉直", "司法所所长", ("legal_officer",), JUSTICE),
    Official("justice2", "穆清言", "司法所法制审核员", ("legal_officer",), JUSTICE),
    Official("lawyer", "刘衡", "法律顾问·清正律师事务所律师", ("legal_adviser",), also=DISTRICT),
    Official("market", "韩平", "市场监督管理所所长", ("market_regulator",), MARKET),
    Official("assessor", "杜安平", "安评公司甲评估师", ("risk_assessor",)),
    Official("expert1", "温如玉", "社会治理专家", ("expert",), also=DISTRICT),
    Official("expert2", "傅思齐", "法学专家", ("expert",), also=DISTRICT),
    Official("expert3", "白鹿鸣", "公共财政专家", ("expert",), also=DISTRICT),
    Official("party.office", "程思源", "党委办公室干事", ("party_office",), PARTY_OFFICE),
    Official("archivist", "孟卷舒", "档案室管理员", ("archivist",), ARCHIVE),
    Official("executor", "杨采薇", "公共服务办公室执行专员", ("executing_officer",), PUBLIC_SERVICE),
    Official("inspector", "严明", "督查室督查员", ("inspector",), INSPECTION),
    Official("evaluator", "卫知行", "衡评研究院研究员", ("post_evaluator",)),
    Official("auditor", "裴正言", "临河区审计局审计员", ("auditor",), also=DISTRICT),
    Official("admin1", "丁一", "信息系统管理员", ("administrator",), OFFICE),
    Official("admin2", "卜易", "信息系统复核管理员", ("administrator",), OFFICE),
    Official("district", "陆承平", "区政府办公室经办秘书", ("secretary",), DISTRICT_OFFICE, DISTRICT),
    Official("district.director", "卓文渊", "区政府办公室主任", ("office_director",), DISTRICT_OFFICE, DISTRICT),
    Official("district.recorder", "冯简", "区政府办公室会议记录员", ("recorder",), DISTRICT_OFFICE, DISTRICT),
    Official("district.officer", "苗秀禾", "区教育局科员", ("lead_unit_officer",), EDUCATION, DISTRICT),
    Official("district.education", "郁成林", "区教育局局长", ("lead_unit_head",), EDUCATION, DISTRICT),
    Official("district.executor", "姜启行", "区教育局执行专员", ("executing_officer",), EDUCATION, DISTRICT),
    Official("district.justice", "乔审之", "区司法局法制审核科科长", ("legal_officer",), DISTRICT_JUSTICE, DISTRICT),
    Official("district.assessor", "舒稳行", "安评公司乙评估师", ("risk_assessor",), organ=DISTRICT),
    Official("expert4", "范致远", "教育规划专家", ("expert",), organ=DISTRICT),
    Official("expert5", "路可期", "交通安全专家", ("expert",), organ=DISTRICT),
    Official("district.party", "柯敬业", "区委办公室干事", ("party_office",), organ=DISTRICT),
    Official("district.archivist", "邬存真", "区政府办公室档案管理员", ("archivist",), DISTRICT_OFFICE, DISTRICT),
    _member("governor", "秦望川", "区长", "principal", organ=DISTRICT),
    _member("vice1", "骆明远", "常务副区长", organ=DISTRICT),
    _member("vice2", "简听澜", "分管教育副区长", organ=DISTRICT),
    _member("vice3", "樊景行", "分管农业农村副区长", organ=DISTRICT),
    _member("vice4", "祝长安", "分管公安副区长", organ=DISTRICT),
    _member("vice5", "容若水", "分管卫生健康副区长", organ=DISTRICT),
    _member("vice6", "池见山", "分管交通副区长", organ=DISTRICT),
    _member("vice7", "纪南乔", "分管工业副区长", organ=DISTRICT),
    _member("vice8", "霍知远", "分管住建副区长", organ=DISTRICT),
)  # fmt: skip

BODIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    MAYORS_OFFICE: (
        "镇长办公会",
        ("mayor", "deputy1", "deputy2", "deputy3", "deputy4", "deputy5", "deputy6"),
    ),
    PARTY_COMMITTEE: (
        "镇党委会",
        (
            "party.secretary", "mayor", "deputy.secretary", "deputy1", "discipline", "organisation", "publicity",
            "defence", "politics.law",
        ),
    ),
}  # fmt: skip
"""Kind of body -> its name and the sign-in names of its members, the principal first."""

DISTRICT_BODIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    EXECUTIVE_MEETING: ("区政府常务会议", ("governor", *(f"vice{number}" for number in range(1, 9)))),
}
"""The same for the district."""


@dataclass(frozen=True, slots=True)
class Town:
    """The loaded town as ids. *persons*: sign-in name -> person id; *units*: name of the unit -> its id."""

    organ_id: str
    district_id: str
    units: Mapping[str, str]
    persons: Mapping[str, str]
    password: str = PASSWORD

    def members(self, body: str) -> tuple[str, ...]:
        """Return the person ids of a body's members, the principal first."""
        return tuple(self.persons[login] for login in {**BODIES, **DISTRICT_BODIES}[body][1])

    def sign_in_table(self) -> list[tuple[str, str, str, str]]:
        """Return sign-in name, name, post and roles (in Chinese) of everybody who can sign in."""
        return [
            (one.login, one.name, one.title, "、".join(ROLE_NAMES[role] for role in one.roles))
            for one in OFFICIALS
        ]


def official(login: str) -> Official:
    """Return who signs in as *login*. Raises `KeyError`."""
    return _BY_LOGIN[login]


_BY_LOGIN = {one.login: one for one in OFFICIALS}


def found_town(house: House) -> Town:
    """Load the town's register into *house* unless it is there, and return it."""
    with unit_of_work(house, as_actor=SETUP) as work:
        if _organ(work.session, TOWN) is None:
            _found(work)
    with reading(house, as_actor=SETUP) as work:
        return _read(work.session)


def _found(work: Work) -> None:
    """Write the register: the two organs first, then through the verbs of an administrator."""
    organs = {
        TOWN: Organ(name=TOWN, kind="town", overlays=list(OVERLAYS)),
        DISTRICT: Organ(name=DISTRICT, kind="district", overlays=list(OVERLAYS[:2])),
    }
    work.session.add_all(organs.values())
    work.session.flush()
    for organ in organs.values():
        work.record(
            "organ.founded", people.CHAIN, said={"name": organ.name}, organ=organ.id, organ_kind=organ.kind,
            overlays=organ.overlays,
        )  # fmt: skip
    ids = {name: organ.id for name, organ in organs.items()}
    work.actor = Actor(
        SETUP.person_id,
        SETUP.name,
        tuple(Standing(one, None, "初始化", frozenset({"administrator"})) for one in ids.values()),
    )
    units = {
        (organ, name): people.add_unit(work, ids[organ], name).id
        for organ, names in ((TOWN, TOWN_UNITS), (DISTRICT, DISTRICT_UNITS))
        for name in names
    }
    persons = {one.login: _employ(work, one, ids, units) for one in OFFICIALS}
    for place, kind, (name, members) in (
        *((TOWN, *one) for one in BODIES.items()),
        *((DISTRICT, *one) for one in DISTRICT_BODIES.items()),
    ):
        people.form_body(
            work,
            ids[place],
            kind,
            name,
            [Membership(persons[login], is_principal=rank == 0) for rank, login in enumerate(members)],
            SINCE,
        )


def _employ(
    work: Work, one: Official, organ_ids: Mapping[str, str], units: Mapping[tuple[str, str], str]
) -> str:
    organ_id = organ_ids[one.organ]
    person = people.add_person(work, organ_id, one.name)
    unit_id = units[one.organ, one.unit] if one.unit is not None else None
    people.give_post(work, person.id, organ_id, one.title, one.roles, SINCE, unit_id=unit_id)
    if one.also is not None:
        people.give_post(work, person.id, organ_ids[one.also], one.title, one.roles, SINCE)
    accounts.open_account(work, organ_id, person.id, one.login, PASSWORD)
    return person.id


def _organ(session: Session, name: str) -> str | None:
    return session.scalar(select(Organ.id).where(Organ.name == name))


def _read(session: Session) -> Town:
    town, district = _organ(session, TOWN), _organ(session, DISTRICT)
    if town is None or district is None:
        raise LookupError("the demonstration town is only half there")
    units = session.execute(select(Unit.name, Unit.id).where(Unit.organ_id.in_((town, district))))
    persons = session.execute(
        select(Account.login, Person.id)
        .join(Person, Person.id == Account.person_id)
        .where(Account.login.in_([one.login for one in OFFICIALS]))
    )
    return Town(
        organ_id=town,
        district_id=district,
        units={row[0]: row[1] for row in units},
        persons={row[0]: row[1] for row in persons},
    )
