from geocluster.errors import GeoclusterError as GeoclusterError
from geocluster.exposure.assess import assess_exposure as assess_exposure
from geocluster.exposure.assess import summarise_exposure as summarise_exposure
from geocluster.exposure.burden import burden as burden
from geocluster.exposure.burden import intake_fraction as intake_fraction
from geocluster.handover.aermod import export_aermod as export_aermod
from geocluster.industry.clusters import find_clusters as find_clusters
from geocluster.load.ground import heights_at as heights_at
from geocluster.load.ground import slope_of as slope_of
from geocluster.load.terrain import read_terrain as read_terrain
from geocluster.load.weather import read_weather as read_weather
from geocluster.maps.page import draw_map as draw_map
from geocluster.plume.contributions import contributions as contributions
from geocluster.plume.field import PlumeOptions as PlumeOptions
from geocluster.plume.field import concentration as concentration
from geocluster.plume.ond86_field import ond86 as ond86
from geocluster.plume.ond86_field import ond86_sources as ond86_sources
from geocluster.plume.permit import permit_table as permit_table
from geocluster.region import Region as Region
from geocluster.run import run_study as run_study
from geocluster.siting.candidates import candidate_sites as candidate_sites
from geocluster.siting.criteria import describe_sites as describe_sites
from geocluster.siting.ranking import rank as rank
from geocluster.siting.ranking import rank_acceptability as rank_acceptability
from geocluster.siting.suitability import suitable_land as suitable_land
from geocluster.study import read_study as read_study

__version__: str
