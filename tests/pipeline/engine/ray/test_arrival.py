"""What a node says of itself that has another tpsence."""

from pipeline.engine.ray.arrival import faults_of_node
from tpsence import __version__


def test_other_code_under_the_same_version_is_one_line_with_what_to_install() -> None:
    fault = faults_of_node(__version__, b"cpipeline.engine.ray.messages\nNotThere\n.")
    assert fault is not None
    assert fault[0].startswith("tpsence cannot be used there (AttributeError: ")
    assert fault[1] == f"Install tpsence {__version__} with the extra ray on every node, as on this machine."
