"""Cirq: the Bell state by its simulator; from ``standard`` on its measurements."""

from . import _bell


def check(session):
    cirq = session.import_modules("cirq")
    session.stay_on_cpu("Cirq's simulator")
    one, other = cirq.LineQubit.range(2)
    circuit = cirq.Circuit(cirq.H(one), cirq.CNOT(one, other))
    with session.check("compute", "cpu") as note:
        import numpy as np

        error = _bell.judge("the state", cirq.Simulator(dtype=np.complex128).simulate(circuit).final_state_vector)
        note.measured = {"error": error}
        note.detail = f"the Bell state's four amplitudes (error {error:.1g})"
    if session.reaches("standard"):
        with session.check("sample", "cpu", vital=False) as note:
            measured = circuit + cirq.measure(one, other, key="pair")
            seen = cirq.Simulator(seed=1).run(measured, repetitions=100).histogram(key="pair")
            _bell.judge_counts("the simulator", {format(number, "02b"): count for number, count in seen.items()})
            note.detail = f"the two qubits were alike in all {sum(seen.values())} measurements"
