"""The emulated call-control cluster: nodes, certificates, trust stores, modes, and the files they publish.

A Cluster is one frozen value; an administrator's command is a function from a Cluster to the next one and
the text a terminal shows. So a runbook is a list of clusters, and prediction and lab cannot differ.
"""
