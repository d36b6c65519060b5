"""Writes the golden numbers of detectors/statistics, detectors/series and detectors/window, from SciPy.

    python3 -m venv VENV && VENV/bin/pip install scipy==1.17.1
    VENV/bin/python test/golden/statistics.py           # writes the files beside this one
    VENV/bin/python test/golden/statistics.py --check   # writes nothing; fails where they differ by more than 1e-12
"""

import json
import math
import sys
from pathlib import Path

import scipy
from scipy.special import betainc, gammaln
from scipy.stats import genpareto, linregress, lmoment, nbinom, poisson

COMMAND = "python3 test/golden/statistics.py"
CLOSE = 1e-12


def tail(count, mean, dispersion):
    """ln P(X >= count) of a mean and a variance of mean + dispersion * mean^2."""
    if dispersion == 0:
        return poisson.logsf(count - 1, mean)
    return nbinom.logsf(count - 1, 1 / dispersion, 1 / (1 + dispersion * mean))


def mass(count, mean, dispersion):
    return nbinom.logpmf(count, 1 / dispersion, 1 / (1 + dispersion * mean))


def tail_probabilities():
    scores = [
        (60, 12, 0.0), (60, 12, 0.05), (60, 12, 0.15), (36, 12, 0.01), (11, 1, 1.7), (200, 20, 0.3),
        (15, 3, 0.02), (5000, 1000, 0.01), (2, 0.01, 0.0), (100, 0.5, 0.5), (12, 12, 0.1), (3, 10, 0.2),
    ]
    betas = [(2, 3, 0.2), (60, 6.7, 0.6), (0.5, 0.5, 0.9), (10, 2, 0.95), (30.5, 1.25, 0.4)]
    gains = [(20, 7, 0.2), (7, 7, 0.2), (0, 7, 0.2), (900, 300, 0.05), (3, 0.4, 2.5)]
    return {
        "scores": [
            {"count": k, "mean": m, "dispersion": d, "score": -tail(k, m, d) / math.log(10)} for k, m, d in scores
        ],
        "logGamma": [{"x": x, "value": gammaln(x)} for x in (0.1, 0.5, 1, 2.5, 10, 100.25, 12345.6)],
        "logBeta": [{"a": a, "b": b, "x": x, "value": math.log(betainc(a, b, x))} for a, b, x in betas],
        "gains": [
            {"count": k, "mean": m, "dispersion": d, "gain": mass(k, 3 * m, d) - mass(k, m, d)} for k, m, d in gains
        ],
    }


def pareto_tail():
    quartiles = [(0.05, 0.4), (0.1, 0.434), (0.2, 2.0), (0.35, 1.3), (0.5, 0.7)]
    tails = [(0.0, 0.434), (0.1, 0.434), (0.25, 2.0), (0.5, 0.7)]
    shares = (0.9, 0.5, 0.1, 0.001, 1e-06)
    return {
        "quartiles": [
            dict(zip(("shape", "scale", "half", "threeQuarters"), (c, s, *genpareto.ppf([0.5, 0.75], c, scale=s))))
            for c, s in quartiles
        ],
        "beyond": [
            {"shape": c, "scale": s, "share": p, "excess": genpareto.isf(p, c, scale=s)} for c, s in tails for p in shares
        ],
    }


def series_statistics():
    samples = [
        [0.1, 0.4, 0.5, 0.9, 1.3, 1.8, 2.2, 3.9],
        [0.02, 0.05, 0.3, 0.31, 0.7, 1.1, 1.15, 2.4, 5.0, 9.5],
        [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8],
        [0.5, 0.5, 0.6, 2, 2, 7, 30, 31.5],
    ]
    levels = [10, 12, 15, 11, 20, 30, 28, 25, 18, 9, 14, 22, 26, 31, 12, 16, 19, 24]
    misses = [1.0, 1.1, 1.6, 1.0, 2.2, 2.9, 2.9, 2.4, 1.7, 1.1, 1.2, 2.3, 2.5, 3.2, 1.3, 1.5, 2.0, 2.3]
    line = linregress(levels, misses)
    return {
        # Hosking 1990: the shape of a generalised Pareto distribution from 0 by its first two L-moments.
        "shapes": [{"sample": s, "shape": 2 - lmoment(s, order=1) / lmoment(s, order=2)} for s in samples],
        "beyond": [
            {"excess": x, "shape": c, "scale": s, "share": genpareto.sf(x, c, scale=s)}
            for c in (0, 0.05, 0.15, 0.3, 0.5)
            for s in (0.25, 1, 7.5)
            for x in (0.1, 1, 12, 80)
        ],
        "spread": {
            "levels": levels,
            "misses": misses,
            "line": [{"level": x, "miss": line.intercept + line.slope * x} for x in (8, 17, 33)],
        },
    }


def plain(value):
    """Python's own numbers instead of NumPy's."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.item() if hasattr(value, "item") else value


def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(*pair) for pair in zip(a, b))
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)


def main():
    files = {
        "tail-probabilities.json": tail_probabilities(),
        "pareto-tail.json": pareto_tail(),
        "series-statistics.json": series_statistics(),
    }
    for name, numbers in files.items():
        path = Path(__file__).with_name(name)
        made = plain({"command": COMMAND, "version": scipy.__version__, **numbers})
        if "--check" not in sys.argv:
            path.write_text(json.dumps(made, indent=1) + "\n")
        elif not same(made, json.loads(path.read_text())):
            sys.exit(f"{name} is not what SciPy {scipy.__version__} says")


main()
