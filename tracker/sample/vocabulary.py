"""The words of generated records: neutral sentences in six languages, put together by chance. Pure.

Each text says that it was generated. Nothing is said of any State, and nobody is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SHORTEST, LONGEST = 100, 2_000


@dataclass(frozen=True)
class Language:
    """Patterns with ``{body}``, ``{act}`` and ``{matter}``, what fills them, and what says that it is generated."""

    said: str
    patterns: tuple[str, ...]
    bodies: tuple[str, ...]
    acts: tuple[str, ...]
    matters: tuple[str, ...]
    titles: tuple[str, ...]
    joint: str = " "


ENGLISH = Language(
    "Generated text, which says nothing of any State.",
    (
        "{body} could {act} {matter}.",
        "It was discussed whether {body} might {act} {matter} within the period agreed.",
        "A written procedure would help {body} to {act} {matter}.",
        "Experience elsewhere shows several ways in which {body} can {act} {matter}.",
        "{body} and its counterparts would {act} {matter} together, step by step.",
        "The delegation suggests that {body} first {act} {matter}, then report on it.",
    ),
    (
        "the competent ministry",
        "the coordinating body",
        "the financial intelligence unit",
        "the border service",
        "the office of the prosecutor",
        "the supervisory authority",
        "the customs administration",
        "the drafting committee",
    ),
    ("review", "describe", "publish", "update", "simplify", "complete", "test", "coordinate"),
    (
        "the procedure for requests from abroad",
        "the register of non-profit organizations",
        "the rules on cash carried across the border",
        "the training plan for investigators",
        "the list of competent contact points",
        "the guidance on advance passenger information",
        "the statistics on cases and decisions",
        "the draft amendments to the criminal code",
        "the exchange of information between services",
        "the safeguards for the persons concerned",
    ),
    (
        "{Act} {matter}",
        "{Act} {matter} with {body}",
        "{Act} and explain {matter}",
    ),
)

FRENCH = Language(
    "Texte généré, qui ne dit rien d’aucun État.",
    (
        "{body} pourrait {act} {matter}.",
        "Il a été envisagé que {body} puisse {act} {matter} dans le délai convenu.",
        "Une procédure écrite aiderait à {act} {matter}, étape par étape.",
        "L’expérience montre plusieurs manières de {act} {matter}.",
    ),
    (
        "le ministère compétent",
        "l’organe de coordination",
        "la cellule de renseignement financier",
        "le service des frontières",
        "l’autorité de contrôle",
    ),
    ("réviser", "décrire", "publier", "compléter", "vérifier", "présenter"),
    (
        "la procédure d’entraide judiciaire",
        "le registre des organisations à but non lucratif",
        "les règles sur le transport d’espèces",
        "le plan de formation des enquêteurs",
        "l’échange de renseignements entre services",
        "les garanties accordées aux personnes concernées",
    ),
    ("{Act} {matter}", "{Act} et expliquer {matter}"),
)

SPANISH = Language(
    "Texto generado, que no dice nada de ningún Estado.",
    (
        "{body} podría {act} {matter}.",
        "Se examinó si {body} puede {act} {matter} en el plazo convenido.",
        "Un procedimiento escrito ayudaría a {act} {matter} paso a paso.",
        "La experiencia enseña varias maneras de {act} {matter}.",
    ),
    (
        "el ministerio competente",
        "el órgano de coordinación",
        "la unidad de inteligencia financiera",
        "el servicio de fronteras",
        "la autoridad de supervisión",
    ),
    ("revisar", "describir", "publicar", "completar", "comprobar", "presentar"),
    (
        "el procedimiento de asistencia jurídica",
        "el registro de organizaciones sin ánimo de lucro",
        "las normas sobre el transporte de efectivo",
        "el plan de formación de los investigadores",
        "el intercambio de información entre servicios",
        "las garantías de las personas interesadas",
    ),
    ("{Act} {matter}", "{Act} y explicar {matter}"),
)

RUSSIAN = Language(
    "Этот текст создан программой и ничего не говорит ни об одном государстве.",
    (
        "{body} мог бы {act} {matter}.",
        "Обсуждалось, сможет ли {body} {act} {matter} в согласованный срок.",
        "Письменный порядок помог бы {act} {matter} шаг за шагом.",
        "Опыт показывает несколько способов {act} {matter}.",
    ),
    (
        "компетентный орган",
        "координационный совет",
        "надзорный орган",
        "орган финансовой разведки",
        "пограничный орган",
    ),
    ("пересмотреть", "описать", "опубликовать", "дополнить", "проверить", "представить"),
    (
        "порядок оказания правовой помощи",
        "реестр некоммерческих организаций",
        "правила перемещения наличных средств",
        "план обучения следователей",
        "обмен сведениями между службами",
        "гарантии для затронутых лиц",
    ),
    ("{Act} {matter}", "{Act} и пояснить {matter}"),
)

ARABIC = Language(
    "هذا نص مولد آليا ولا يقول شيئا عن أي دولة.",
    (
        "يمكن أن تتولى {body} {act} {matter}.",
        "نوقش ما إذا كانت {body} قادرة على {act} {matter} في الموعد المتفق عليه.",
        "من شأن إجراء مكتوب أن يساعد على {act} {matter} خطوة بخطوة.",
        "تبين التجربة طرقا عدة من أجل {act} {matter}.",
    ),
    ("الوزارة المختصة", "هيئة التنسيق", "وحدة الاستخبارات المالية", "دائرة الحدود", "السلطة الرقابية"),
    ("مراجعة", "وصف", "نشر", "تحديث", "استكمال", "عرض"),
    (
        "إجراءات المساعدة القانونية",
        "سجل المنظمات غير الهادفة للربح",
        "قواعد نقل الأموال النقدية",
        "خطة تدريب المحققين",
        "تبادل المعلومات بين الدوائر",
        "الضمانات المقررة للأشخاص المعنيين",
    ),
    ("{Act} {matter}", "{Act} {matter} وشرحها"),
)

CHINESE = Language(
    "本文由程序生成，不涉及任何国家。",
    (
        "{body}可以{act}{matter}。",
        "会上讨论了{body}能否在商定期限内{act}{matter}。",
        "书面程序有助于逐步{act}{matter}，并说明各步骤的负责机构。",
        "其他经验表明，有多种办法可以{act}{matter}。",
    ),
    ("主管部门", "协调机构", "金融情报中心", "边境管理机构", "监督机关"),
    ("审查", "说明", "公布", "更新", "完善", "提交"),
    (
        "司法协助程序",
        "非营利组织登记册",
        "现金跨境携带规则",
        "调查人员培训计划",
        "部门间信息交流办法",
        "有关人员的保障措施",
    ),
    ("{Act}{matter}", "{Act}并说明{matter}"),
    joint="",
)

LANGUAGES = (ENGLISH, FRENCH, SPANISH, ARABIC, CHINESE, RUSSIAN)
SHARES = (0.45, 0.57, 0.69, 0.8, 0.9, 1.0)
"""How often each is used, cumulated."""

AUTHORITIES = (
    "Border Service",
    "Customs Administration",
    "Financial Intelligence Unit",
    "Ministry of Finance",
    "Ministry of Justice",
    "Ministry of the Interior",
    "Office of the Prosecutor",
    "Supervisory Authority",
)
FUNCTIONS = (
    "Expert on financial law",
    "Expert on border management",
    "Expert on law enforcement",
    "Expert on criminal justice",
)
TEAMS = ("Team on border control", "Team on counter-financing", "Team on law enforcement")
PLACES = ("An international airport", "A land border post", "A sea port", "A financial intelligence unit", "A prison")
LEVELS = ("Senior officials", "Heads of department", "Experts")
SUBJECT = "Generated entry: the work of the authority."
SOURCE = "Generated for trying out the program"
RATED = "Generated rating, drawn by chance: no judgement on the State."
PLAN = "Generated joint plan of all Member States"
SAID_BY_CHANCE = "Generated status, drawn by chance: it says nothing of the State."
SERVES = "Generated link, drawn by chance."
RETURNED = "Generated note: the text does not say who is to act. Please add it."
RESUBMITTED = "Generated note: the text now says who is to act."
WITHDRAWN = "Generated note: no longer needed."
SUPERSEDED = "Generated note: another follow-up takes its place."
MORE_TIME = "Generated note: more time was asked for, so that the step can be completed."
REFUSED = "Generated note: the present date can be met."
NONE_AGREED = "Generated note: none agreed yet."
NEXT_STEPS = ("Ask for an update.", "Ask for the text of the procedure.", "Compare with the last response.", "")


def language(rng: Random) -> Language:
    """One of the six, English most often."""
    share = rng.random()
    return next(found for found, upto in zip(LANGUAGES, SHARES, strict=True) if share <= upto)


def title(rng: Random, words: Language) -> str:
    """A title in the imperative, where the language has one."""
    act = _one(rng, words.acts)
    pattern = _one(rng, words.titles)
    return pattern.format(Act=act[0].upper() + act[1:], matter=_one(rng, words.matters), body=_one(rng, words.bodies))


def text(rng: Random, words: Language) -> str:
    """Sentences up to a length between 100 and 2,000 signs, short ones most often."""
    length = int(SHORTEST + (LONGEST - SHORTEST) * rng.random() ** 7)
    sentences, size = [words.said], len(words.said)
    while size < length or size < SHORTEST:
        sentence = _sentence(rng, words)
        if size + len(sentence) + 1 > LONGEST:
            break
        sentences.append(sentence)
        size += len(sentence) + len(words.joint)
    return words.joint.join(sentences)


def note(rng: Random, words: Language) -> str:
    """The shortest text: a remark, an entry of progress."""
    sentences = [words.said]
    while sum(map(len, sentences)) < SHORTEST:
        sentences.append(_sentence(rng, words))
    return words.joint.join(sentences)


def _sentence(rng: Random, words: Language) -> str:
    filled = _one(rng, words.patterns).format(
        body=_one(rng, words.bodies), act=_one(rng, words.acts), matter=_one(rng, words.matters)
    )
    return filled[0].upper() + filled[1:]


def _one(rng: Random, choices: tuple[str, ...]) -> str:
    return choices[int(rng.random() * len(choices))]
