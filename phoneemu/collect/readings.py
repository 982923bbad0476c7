"""Everything that `phoneemu collect` can ask of a cluster or a phone: a closed list of readings.

A request that stands on no line here cannot be sent: `wire` takes a member of `Reading`, an SQL query is a
member of `Statement`, and nothing that a server said ever becomes part of either. There is no operation that
writes, and no place where one could be named from outside. SOAP sends its questions by POST; the operation in
the body is what reads or writes.
"""

import enum
import re
from xml.sax.saxutils import unescape

import attrs

AXL_PATH = "/axl/"
RIS_PATH = "/realtimeservice2/services/RISService70"
CERTIFICATES_PATH = "/platformcom/api/v1/certmgr/config/snapshot/server"
ROWS = 1000
"""Rows of one page of a query, names of one request: RISPort takes 1,000 at most [RISPORT70]."""


class Realm(enum.Enum):
    """Whose password a reading needs."""

    APPLICATION = "application user"
    """AXL and RISPort."""
    PLATFORM = "OS administrator"
    """Certificate management."""
    NOBODY = "nobody"
    """Phone web pages and trust lists are public."""


@attrs.frozen(kw_only=True)
class Operation:
    """One line of the list: how a question is sent."""

    verb: str
    path: str
    realm: Realm = Realm.NOBODY
    action: str = ""
    """The SOAP operation, the only element of the body."""


class Reading(enum.Enum):
    """The list. Paths and operations are those of [AXL-DEV, RISPORT70, WEBPAGES, CERTMGR]."""

    VERSION = Operation(verb="POST", path=AXL_PATH, realm=Realm.APPLICATION, action="getCCMVersion")
    NODES = Operation(verb="POST", path=AXL_PATH, realm=Realm.APPLICATION, action="listProcessNode")
    QUERY = Operation(verb="POST", path=AXL_PATH, realm=Realm.APPLICATION, action="executeSQLQuery")
    PHONES = Operation(verb="POST", path=AXL_PATH, realm=Realm.APPLICATION, action="listPhone")
    SEEN = Operation(verb="POST", path=RIS_PATH, realm=Realm.APPLICATION, action="selectCmDevice")
    CERTIFICATES = Operation(verb="GET", path=CERTIFICATES_PATH, realm=Realm.PLATFORM)
    PAGE_SERVICEABILITY = Operation(
        verb="GET", path="/CGI/Java/Serviceability?adapter=device.statistics.configuration"
    )
    PAGE_NETWORK_CONFIGURATION = Operation(verb="GET", path="/NetworkConfiguration")
    PAGE_NETWORK_SETUP = Operation(verb="GET", path="/Network_Setup.html")
    PAGE_NETWORK_SETUP_HTM = Operation(verb="GET", path="/Network_Setup.htm")
    PAGE_ADAPTER = Operation(verb="GET", path="/?adapter=device.statistics.configuration")
    PAGE_LOCAL_MENUS = Operation(verb="GET", path="/localmenus.cgi?func=219")
    STATUS_SERVICEABILITY = Operation(
        verb="GET", path="/CGI/Java/Serviceability?adapter=device.settings.status.messages"
    )
    STATUS_DEVICE_LOG = Operation(verb="GET", path="/DeviceLog?2")


PAGES: tuple[tuple[Reading, Reading | None], ...] = (
    (Reading.PAGE_SERVICEABILITY, Reading.STATUS_SERVICEABILITY),
    (Reading.PAGE_NETWORK_CONFIGURATION, Reading.STATUS_DEVICE_LOG),
    (Reading.PAGE_NETWORK_SETUP, None),
    (Reading.PAGE_NETWORK_SETUP_HTM, None),
    (Reading.PAGE_ADAPTER, None),
    (Reading.PAGE_LOCAL_MENUS, None),
)
"""Where a phone may show its network setup, and where its status messages, in order [WEBPAGES]."""


_PHONES = (
    "from device as d"
    " inner join typemodel as tm on tm.enum=d.tkmodel"
    " inner join devicepool as dp on dp.pkid=d.fkdevicepool"
    " inner join callmanagergroup as cmg on cmg.pkid=dp.fkcallmanagergroup"
    " left join securityprofile as sp on sp.pkid=d.fksecurityprofile"
    " left join typedevicesecuritymode as dsm on dsm.enum=sp.tkdevicesecuritymode"
    " where d.tkclass=1 order by d.name"
)


class Statement(enum.Enum):
    """Every query of the database, as it would be typed behind `run sql`."""

    PHONES = (
        "select d.name,tm.name as model,dp.name as devicepool,cmg.name as cmgroup,sp.name as secprofile,"
        f"dsm.name as secmode,d.specialloadinformation {_PHONES}"
    )
    PHONES_WITHOUT_LOADS = (
        "select d.name,tm.name as model,dp.name as devicepool,cmg.name as cmgroup,sp.name as secprofile,"
        f"dsm.name as secmode {_PHONES}"
    )
    GROUPS = (
        "select cmg.name as cmgname,pn.name as servername,cmgm.priority from callmanagergroup cmg"
        " join callmanagergroupmember cmgm on cmgm.fkcallmanagergroup=cmg.pkid"
        " join callmanager cm on cmgm.fkcallmanager=cm.pkid"
        " join processnode pn on cm.fkprocessnode=pn.pkid order by cmg.name,cmgm.priority"
    )
    PARAMETERS = (
        "select paramname,paramvalue from processconfig"
        " where paramname in ('ClusterSecurityMode','RollBackToPreGrayback') order by paramname"
    )
    MODELS = "select enum,name from typemodel order by enum"
    CERTIFICATES = (
        "select c.servername,tcs.name,dist.moniker,c.ipv4address,c.certificate from certificate as c"
        " inner join certificateservicecertificatemap as cscm on c.pkid=cscm.fkcertificate"
        " inner join typecertificateservice as tcs on cscm.tkcertificateservice=tcs.enum"
        " inner join typecertificatedistribution as dist on c.tkcertificatedistribution=dist.enum"
        " order by c.pkid,tcs.name"
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the answer, by the names that the answer gives them."""
        listed = re.sub(r"^select ", "", self.value).partition(" from ")[0].split(",")
        return tuple(each.split(" as ")[-1].rpartition(".")[2].strip() for each in listed)

    def page(self, skip: int, first: int) -> str:
        """The query for `first` rows after `skip` others, in the database's own words."""
        return f"select skip {int(skip)} first {int(first)} {self.value.removeprefix('select ')}"


_QUESTION = re.compile(
    r"<soapenv:Envelope [^<>]*><soapenv:Body><ns:(\w+)>(.*)</ns:\1></soapenv:Body></soapenv:Envelope>",
    re.DOTALL,
)
_ELEMENT = re.compile(r"</?([^\s<>/]*)")
_INNER = {
    f"ns:{name}"
    for name in (
        *("StateInfo", "CmSelectionCriteria", "MaxReturnedDevices", "DeviceClass", "Model", "Status"),
        *("NodeName", "SelectBy", "SelectItems", "item", "Item", "Protocol", "DownloadStatus"),
    )
}
"""The elements of a question to RISPort."""
NODE_TAGS: tuple[tuple[str, ...], ...] = (
    ("name", "nodeUsage", "processNodeRole"),
    ("name", "nodeUsage"),
    ("name",),
)
"""What is asked of a node, and less of a release that refuses more: before 10 none had a role [assumed]."""
PHONE_TAGS = (
    "name",
    "product",
    "model",
    "class",
    "protocol",
    "devicePoolName",
    "locationName",
    "loadInformation",
    "securityProfileName",
)
"""All that is ever asked of a phone by listPhone: nothing personal, nothing secret [AXL-DEV]."""
_LISTED = {"searchCriteria", "returnedTags", "skip", "first", *NODE_TAGS[0], *PHONE_TAGS}
"""The elements of a question to AXL that is no query."""
_PAGE = re.compile(r"<sql>select skip \d+ first \d+ ([^<>]*)</sql>")


def reads(reading: Reading, body: str) -> bool:
    """Whether a question is what its line of the list says: that operation alone, and a fixed query."""
    operation = reading.value
    if not operation.action:
        return not body
    asked = _QUESTION.fullmatch(body)
    if asked is None or asked.group(1) != operation.action:
        return False
    if reading is not Reading.QUERY:
        allowed = _INNER if reading is Reading.SEEN else _LISTED
        return {each.group(1) for each in _ELEMENT.finditer(asked.group(2))} <= allowed
    page = _PAGE.fullmatch(asked.group(2))
    return page is not None and f"select {unescape(page.group(1))}" in {each.value for each in Statement}
