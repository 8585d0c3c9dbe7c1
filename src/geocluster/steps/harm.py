"""What the park of a study would do to people, where the study says how to weigh that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from geocluster.load.settings_harm import HarmSettings
    from geocluster.study import Study


def harm_in(study: Study, burden: xr.DataArray) -> xr.DataArray | None:
    """The harm of the park at every place, see `geocluster.harm_of`; None where nothing is said."""
    from geocluster.exposure.harm import harm_of

    asked = study.park.harm
    return None if asked is None else harm_of(burden, study.park.emissions, harm_table(asked))


def harm_table(asked: HarmSettings) -> pd.DataFrame:
    """A row a pollutant, as `geocluster.harm_of` takes it."""
    import pandas as pd

    from geocluster.exposure.harm import mortality_harm

    if asked.deaths_per_1000 is not None and asked.share_of_people is not None:
        return mortality_harm(
            asked.deaths_per_1000, share_of_people=asked.share_of_people, source=asked.source
        )
    return pd.DataFrame(
        {
            "pollutant": list(asked.per_person_ug_m3_year),
            "harm_per_person_ug_m3_year": list(asked.per_person_ug_m3_year.values()),
            "unit": asked.unit,
            "source": asked.source,
            "grade": asked.grade,
        }
    )
