"""What there is: every table, and the version twin of each table whose past is kept."""

from tracker.database import Base
from tracker.models.account import Account, Grant, GrantState, Role, Scope, SignInAttempt, SignInSession
from tracker.models.assessment import Assessment, Matrix, MatrixStatus
from tracker.models.catalogue import (
    Area,
    AreaEdition,
    AreaEditionParagraph,
    Organisation,
    Paragraph,
    RatingLevel,
    Resolution,
)
from tracker.models.conclusion import Conclusion, ConclusionKind, ConclusionParagraph, ConclusionStatus
from tracker.models.desk import Mark, RequestKey
from tracker.models.event import Category, Comment, Event, Outcome
from tracker.models.followup import (
    CarryOver,
    Disposition,
    DueExtension,
    Evidence,
    EvidenceRevision,
    ExtensionStatus,
    Followup,
    FollowupArea,
    FollowupAuthority,
    FollowupConclusion,
    FollowupCounter,
    FollowupParagraph,
    FollowupStatus,
    Implementation,
    Position,
    Priority,
    ProgressEntry,
    StateResponse,
)
from tracker.models.meeting import (
    Meeting,
    MeetingOrganisation,
    MeetingOutcome,
    MeetingPart,
    MeetingState,
    OutcomeFollowup,
    OutcomeKind,
)
from tracker.models.notification import Notification, OutboxMail
from tracker.models.plan import (
    PILLARS,
    AreaPillar,
    FollowupMeasure,
    Measure,
    MeasureCarries,
    MeasureCell,
    MeasureState,
    MeasureStatus,
    Plan,
    PlanHost,
    PlanKind,
    PlanPart,
    PlanPhase,
    PlanReview,
    PlanState,
    RegionRule,
)
from tracker.models.sealable import (
    Basis,
    Contributor,
    Decision,
    Purpose,
    Seal,
    Sealable,
    SealedState,
    Sharing,
    Submission,
)
from tracker.models.search import SearchRow
from tracker.models.state import Authority, Region, RegionName, State, StateKind, StateName
from tracker.models.versions import Versioned, add_version_tables
from tracker.models.visit import (
    ComponentArea,
    ConsentScope,
    DelegateArea,
    DelegateKind,
    Tour,
    Visit,
    VisitArea,
    VisitCheck,
    VisitComponent,
    VisitCounterpart,
    VisitDelegate,
    VisitMode,
    VisitMove,
    VisitResolution,
    VisitSequence,
    VisitSource,
    VisitStage,
    VisitType,
)

VERSIONED = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Versioned)]
VERSION_TABLES = add_version_tables(Base.metadata, VERSIONED)

__all__ = [name for name in dir() if not name.startswith("_")]
