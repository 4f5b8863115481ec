"""What is said and answered about people and organs: the requests and replies of `people`."""

from __future__ import annotations

from marshmallow import Schema, fields

from decision_engine.api.fields import (
    ActOut,
    CalendarDay,
    Id,
    Moment,
    Name,
    PageQuery,
    Said,
    Secret,
)
from decision_engine.api.session import PersonOut
from decision_engine.forms.fields import Line, Listing, LongText, YesNo

# -- what is said ----------------------------------------------------------------------------------------


class PeopleQuery(PageQuery):
    """Which persons, by name."""

    q = Line("姓名包含", "Part of the name", most=100)
    role = Name("角色", "Role held today")


class PersonSaid(Said):
    """A person to enter in the register of an organ."""

    organ_id = Id("机关", "Organ", required=True)
    name = Line("姓名", "Name", required=True, most=100)


class PostSaid(Said):
    """A post with the roles it carries; both days are included."""

    organ_id = Id("机关", "Organ", required=True)
    title = Line("岗位名称", "Title", required=True, most=100)
    roles = Listing("角色", "Roles", Name("角色", "Role"), required=True, least=1, most=30)
    since = CalendarDay("任职日期", "From", required=True)
    until = CalendarDay("离任日期", "To")
    unit_id = Id("单位", "Unit")


class EndSaid(Said):
    """The last day."""

    until = CalendarDay("离任日期", "Last day", required=True)


class AccountSaid(Said):
    """A way to sign in."""

    organ_id = Id("机关", "Organ", required=True)
    login = Line("登录名", "Login name", required=True, most=100)
    password = Secret("密码", "Password", required=True)


class ResetSaid(Said):
    """Why a lost second factor is to be taken off."""

    reason = LongText("理由", "Reason", required=True, most=2000)


class NewOrganSaid(Said):
    """A decision organ, the rules that apply to it (from the nation's on), and who administers it first."""

    name = Line("名称", "Name", required=True, most=100)
    kind = Name("种类", "Kind", required=True)
    overlays = Listing(
        "适用规定", "Rules that apply", Name("规定", "Overlay"), required=True, least=1, most=10
    )
    administrator_id = Id("首任管理员", "First administrator", required=True)
    since = CalendarDay("任职日期", "From", required=True)


class OrganSaid(Said):
    """For which organ."""

    organ_id = Id("机关", "Organ", required=True)


class UnitSaid(Said):
    """A unit of an organ."""

    name = Line("名称", "Name", required=True, most=100)


class SeatSaid(Said):
    """A member of a body, in order of rank."""

    person_id = Id("成员", "Member", required=True)
    is_principal = YesNo("主要负责人", "Principal", default=False)


class BodySaid(Said):
    """A deciding body."""

    kind = Name("种类", "Kind", required=True)
    name = Line("名称", "Name", required=True, most=100)
    members = Listing("成员", "Members", SeatSaid, required=True, least=1, most=200)
    since = CalendarDay("自何日起", "From", required=True)


class DelegationSaid(Said):
    """Letting somebody act for oneself; both days are included."""

    organ_id = Id("机关", "Organ", required=True)
    to = Id("受托人", "To whom", required=True)
    role = Name("角色", "Role (all of one's own if left out)")
    since = CalendarDay("开始日期", "From", required=True)
    until = CalendarDay("结束日期", "To", required=True)
    reason = LongText("理由", "Reason", required=True, most=2000)


# -- what is answered ------------------------------------------------------------------------------------


class PostOut(Schema):
    """A person's post."""

    id = fields.String()
    person_id = fields.String()
    organ_id = fields.String()
    unit_id = fields.String(allow_none=True)
    title = fields.String()
    roles = fields.List(fields.String())
    since = fields.Date()
    until = fields.Date(allow_none=True)


class AccountOut(Schema):
    """A way to sign in; nothing of its password."""

    id = fields.String()
    person_id = fields.String()
    login = fields.String()
    closed_at = Moment(allow_none=True)


class ProfileOut(Schema):
    """A person with posts; accounts for managers of people."""

    person = fields.Nested(PersonOut)
    posts = fields.List(fields.Nested(PostOut))
    accounts = fields.List(fields.Nested(AccountOut))


class OrganOut(Schema):
    """A decision organ."""

    id = fields.String()
    name = fields.String()
    kind = fields.String()
    overlays = fields.List(fields.String())


class OrgansOut(Schema):
    """The asker's organs."""

    items = fields.List(fields.Nested(OrganOut))
    total = fields.Integer()


class UnitOut(Schema):
    """A unit of an organ."""

    id = fields.String()
    organ_id = fields.String()
    name = fields.String()


class UnitsOut(Schema):
    """The units of an organ."""

    items = fields.List(fields.Nested(UnitOut))
    total = fields.Integer()


class SeatOut(Schema):
    """A member of a body."""

    person_id = fields.String()
    name = fields.String()
    rank = fields.Integer()
    is_principal = fields.Boolean()


class BodyOut(Schema):
    """A deciding body."""

    id = fields.String(attribute="body.id")
    organ_id = fields.String(attribute="body.organ_id")
    kind = fields.String(attribute="body.kind")
    name = fields.String(attribute="body.name")
    parameters = fields.Dict(attribute="body.parameters")
    members = fields.List(fields.Nested(SeatOut))


class BodiesOut(Schema):
    """The deciding bodies of an organ with the members of the day."""

    items = fields.List(fields.Nested(BodyOut))
    total = fields.Integer()


class DelegationOut(Schema):
    """Who acts for whom, in what, from when to when."""

    id = fields.String()
    organ_id = fields.String()
    from_ = fields.String(attribute="from_id", data_key="from")
    to = fields.String(attribute="to_id")
    role = fields.String(allow_none=True)
    since = fields.Date()
    until = fields.Date()
    reason = fields.String()
    revoked_at = Moment(allow_none=True)


class DelegationsOut(Schema):
    """Delegations given or held."""

    items = fields.List(fields.Nested(DelegationOut))
    total = fields.Integer()


class PersonActOut(ActOut):
    """The person, and the receipt."""

    person = fields.Nested(PersonOut)


class PostActOut(ActOut):
    """The post, and the receipt."""

    post = fields.Nested(PostOut)


class AccountActOut(ActOut):
    """The account, and the receipt."""

    account = fields.Nested(AccountOut)


class OneTimeOut(ActOut):
    """A one-time password, shown this once, and the receipt."""

    password = fields.String()


class FactorResetOut(ActOut):
    """The proposal that waits for a second person, and the receipt."""

    reset_id = fields.String()


class OrganActOut(ActOut):
    """The organ, and the receipt."""

    organ = fields.Nested(OrganOut)


class UnitActOut(ActOut):
    """The unit, and the receipt."""

    unit = fields.Nested(UnitOut)


class BodyActOut(ActOut):
    """The id of the body, and the receipt."""

    body_id = fields.String()


class DelegationActOut(ActOut):
    """The delegation, and the receipt."""

    delegation = fields.Nested(DelegationOut)
