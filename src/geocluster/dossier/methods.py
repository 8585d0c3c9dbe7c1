"""How figures come about, what they rest on, and where they end: short, for readers.

Each method is a heading, a sentence or two, formulas, and the numbers of its references; each limit
has a grade of how much it may change a result.
"""

from __future__ import annotations

from typing import NamedTuple

from geocluster.words import marked


class Method(NamedTuple):
    """A heading, what is done, its formulas, and references by number."""

    title: str
    text: str
    formulas: tuple[str, ...]
    references: tuple[int, ...]


METHODS = (
    Method(
        marked("Concentration"),
        marked(
            "A steady Gaussian plume with reflection at the ground and at the mixing height, for "
            "each source and each hour or class of the weather; Pasquill-Gifford or urban Briggs "
            "curves, Briggs' plume rise, wind by a power law of height."
        ),
        (
            "C = Q / (2π u σy σz) · exp(−y² / 2σy²) · Σₙ [exp(−(z − h + 2n zᵢ)² / 2σz²) "
            "+ exp(−(z + h + 2n zᵢ)² / 2σz²)]",
        ),
        (1, 2),
    ),
    Method(
        marked("Burden of a place"),
        marked(
            "The sum over all people of the concentration that a gram a second emitted at the "
            "place adds where they live. Over flat ground the plume depends only on the step from "
            "source to home, so one Fourier transform prices all places at once (reciprocity)."
        ),
        ("B(s) = Σᵣ P(r) K(r − s)", "iF [ppm] = B · 14.5 m³/day / 86,400"),
        (3,),
    ),
    Method(
        marked("The urban fringe"),
        marked(
            "Urban centres, clusters and rural cells by the degree of urbanisation: density and "
            "size of contiguous cells of 1 km. Candidates stand on suitable land near that fringe."
        ),
        (),
        (4,),
    ),
    Method(
        marked("Ranking"),
        marked(
            "Values are normalised and weighted, and combined by the method that the study asks "
            "for. A missing value counts as the worst found."
        ),
        (),
        (5, 6, 7),
    ),
    Method(
        marked("How sure the order is"),
        marked(
            "The ranking is repeated with weights drawn at random and with other heights of "
            "release, winds, people and methods. The share of the cases in which a site is first "
            "is its acceptability. A winner is called only where the first is among the first "
            "three in 80% of the cases."
        ),
        (),
        (8,),
    ),
)

# With rⱼ the normalised value of a criterion, the more the better, and wⱼ its share of the weight.
RANKING_FORMULAS = {
    "topsis": ("TOPSIS: S = d⁻ / (d⁻ + d⁺)", "d± = √ Σⱼ wⱼ² (rⱼ − rⱼ±)²"),
    "weighted_sum": ("S = Σⱼ wⱼ rⱼ",),
    "spotis": ("SPOTIS: S = Σⱼ wⱼ (xⱼ − bⱼ⁻) / (bⱼ⁺ − bⱼ⁻)",),
    "promethee_ii": ("PROMETHEE II: S = Σⱼ wⱼ (φⱼ⁺ − φⱼ⁻)",),
}


def methods_for(method: str | None) -> list[Method]:
    """The methods, with the formulas of the one that ranks.

    Examples
    --------
    >>> methods_for("weighted_sum")[3].formulas
    ('S = Σⱼ wⱼ rⱼ',)
    """
    formulas = RANKING_FORMULAS.get(method or "", ())
    return [one._replace(formulas=formulas) if one.title == "Ranking" else one for one in METHODS]


REFERENCES = (
    "US EPA (1995). User's Guide for the Industrial Source Complex (ISC3) Dispersion Models, "
    "Volume II: Description of Model Algorithms. EPA-454/B-95-003b.",
    "Briggs, G. A. (1975). Plume rise predictions. Lectures on Air Pollution and Environmental "
    "Impact Analyses, American Meteorological Society.",
    "Apte, J. S., Bombrun, E., Marshall, J. D., Nazaroff, W. W. (2012). Global intraurban intake "
    "fractions for primary air pollutants from vehicles and other distributed sources. "
    "Environmental Science and Technology 46, 3415-3423.",
    "European Union, FAO, UN-Habitat, OECD, World Bank (2021). Applying the Degree of "
    "Urbanisation: a methodological manual. Eurostat.",
    "Hwang, C. L., Yoon, K. (1981). Multiple Attribute Decision Making. Springer.",
    "Dezert, J., Tchamova, A., Han, D., Tacnet, J.-M. (2020). The SPOTIS rank reversal free method "
    "for multi-criteria decision-making support. IEEE 23rd International Conference on Information "
    "Fusion.",
    "Brans, J. P., Vincke, Ph. (1985). A preference ranking organisation method. Management "
    "Science 31, 647-656.",
    "Lahdelma, R., Hokkanen, J., Salminen, P. (1998). SMAA: stochastic multiobjective "
    "acceptability analysis. European Journal of Operational Research 106, 137-143.",
)

STRONG, MEDIUM, WEAK = marked("strong"), marked("medium"), marked("weak")
LIMITS = (
    (marked("Only the sources of this study: no traffic, heating, dust or background"), STRONG),
    (marked("A straight plume for an hour: no valley winds, no calm that pools"), STRONG),
    (marked("The burden is over flat ground; only the first sites are run over terrain"), MEDIUM),
    (marked("People are at home all day, and all count alike"), MEDIUM),
    (marked("No chemistry: NO₂ is a share of NOₓ, secondary particles are left out"), MEDIUM),
    (marked("Beyond 50 km a steady plume says little"), MEDIUM),
    (marked("Distances are to lines and areas as they are drawn in the input"), WEAK),
)
