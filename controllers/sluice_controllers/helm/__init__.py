"""helm-controller: charts kept released to clusters.

Begun: what state a release is in (`states`) and what is done next (`deciding`), as functions of plain values.
"""
