"""Words for articles that nobody wrote: titles, sentences, paragraphs, always the same ones.

Nothing here has a meaning; the lengths and the characters are those of news articles.
"""

from __future__ import annotations

import re
from random import Random

_WORDS = """
a about above across after again against agency agreement air all also among an analysis and
announced annual any area argued around artificial as asked at author automation away back bank
based be because been before began behind being better between beyond bill board body boost both
brain breakthrough bring broad budget build business but by call campaign can capital care case
center central chain challenge change charge chemistry chief chip city claim class clear climate
clinical cloud code college come coming common company competition computer concern congress
consumer content control cost could council country court create crisis critical current customer
cut data dataset deal debate decade deep demand department design detail develop device digital
discover disease doctor down draft drive drug each early economy edge education effect effort
electric employee energy engine engineer enough estimate ethics even ever every evidence example
expect experiment expert face factor fail fall far fast federal few field figure film finance find
firm first five focus follow for force forecast form former forward found four from fund future
game general generation generative get given global goal good government ground group growth had
half hand hardware has have health help her high his history hold home hope hospital hour house how
human idea image impact in include increase index industry information infrastructure inside
institute intelligence interest into investment is issue it its job join judge just keep key kind
know lab labor language large last late launch law lawmaker lead learn legal less level library
license life light like limit line list local long look loss low machine made main major make many
map market material may measure media medical meeting member memory method might million mind
minister mission mobile model modern moment money month more most move much music must national
nearly need network never new news next night no nor not now nuclear number nurse offer office
official often on once one online only open operator or order other our out over own panel paper
part partner past patent patient pattern pay people percent perhaps person phase phone physics
picture pilot place plan platform play point policy political port power practice predict present
press pressure price private problem process product program project promise proposal protect
protein prove public publish push quality quantum question quick radio raise range rapid rate reach
read real reason recent record reform region regulator release remain report require research
resource response rest result return review right rise risk road robot role rule run safety said
sale same satellite say scale scene school science scientist sea search second secret sector
security see sell senior sensor series service set seven several share she shift ship short should
show side sign signal since single site six skill small social software solar sold some source space
speak speech speed spend staff stage standard start startup state station step still stock storage
store story strategy street strong student study such summer supply support surface survey system
take talk target task tax teacher team technology tell ten term test text than that the their them
then there these they thing think third this those thousand three through time to today together
tool top toward trade traffic train transport travel treat trial trust try turn two under union
unit university until up upon use user value vehicle version very video view visit voice vote wage
wait want war was water wave way weather week well were what when where whether which while who why
wide will wind with within without woman work worker world would year yet young
""".split()
_RARE = ("Europe’s", "the city’s", "café", "São Paulo", "Zürich", "naïve", "résumé", "中国", "中文")
_ENDINGS = ("com", "com", "com", "com", "org", "net", "co.uk", "io", "ai", "edu", "gov", "de")
_DASHES = (" – ", " – ", ", ", ", ", ", ", ": ", "; ")


def sentence(random: Random, length: int) -> str:
    """So many words, beginning with a capital, without a full stop."""
    words = random.choices(_WORDS, k=length)
    if random.random() < 0.25:
        words[random.randrange(length)] = random.choice(_RARE)
    if random.random() < 0.05:
        at = random.randrange(length)
        words[at] = f'"{words[at]}"'
    text = " ".join(words)
    if length > 5 and random.random() < 0.5:
        at = length // 2
        text = " ".join(words[:at]) + random.choice(_DASHES) + " ".join(words[at:])
    return text[:1].upper() + text[1:]


def slug(text: str) -> str:
    """The ASCII words of `text` with hyphens between them, as newspapers write addresses."""
    return "-".join(re.findall("[a-z0-9]+", text.lower()))[:70].strip("-")


def body(random: Random) -> str:
    """Some paragraphs of Markdown, with a heading, a link, a list and a quotation."""
    paragraphs = [_paragraph(random) for _ in range(random.randint(3, 7))]
    paragraphs.insert(2, f"## {sentence(random, 4)}")
    items = "\n".join(f"- {sentence(random, 6)}" for _ in range(3))
    return "\n\n".join([*paragraphs, items, f"> {sentence(random, 14)}."]) + "\n"


def _paragraph(random: Random) -> str:
    sentences = [sentence(random, random.randint(8, 20)) + "." for _ in range(4)]
    word = random.choice(_WORDS)
    sentences[1] += f" A *{word}* of [{sentence(random, 3)}](https://example.org/{word})."
    return " ".join(sentences)


def label(random: Random, number: int) -> str:
    """The name of a topic, unlike those of other numbers."""
    words = " ".join(random.choice(_WORDS).capitalize() for _ in range(random.randint(1, 2)))
    return f"{words} in {_WORDS[number * 7].capitalize()}" if number else "AI"


def company(random: Random, number: int) -> tuple[str, str]:
    """The name and the domain of a provider, unlike those of other numbers."""
    first, last = random.choice(_WORDS), _WORDS[number * 4 + 3]
    name = f"{first.capitalize()} {last.capitalize()}"
    return name, f"{first}{last}{number}.{random.choice(_ENDINGS)}"
