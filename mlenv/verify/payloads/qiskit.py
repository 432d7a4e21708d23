"""Qiskit: the Bell state, as a circuit says it and after the transpiler; from ``standard`` on its measurements."""

from . import _bell


def check(session):
    qiskit = session.import_modules("qiskit")
    session.stay_on_cpu("Qiskit")
    with session.check("compute", "cpu") as note:
        from qiskit.quantum_info import Statevector

        circuit = make_circuit(qiskit)
        error = _bell.judge("the state", Statevector.from_instruction(circuit).data)
        note.measured = {"error": error}
        note.detail = f"the Bell state's four amplitudes (error {error:.1g})"
    if not session.reaches("standard"):
        return
    with session.check("transpile", "cpu", vital=False) as note:
        plain = qiskit.transpile(circuit, basis_gates=["rz", "sx", "cz"], seed_transpiler=1)
        error = _bell.judge("the transpiled circuit's state", Statevector.from_instruction(plain).data)
        note.detail = f"the same state after transpiling to {', '.join(sorted(plain.count_ops()))} (error {error:.1g})"
    with session.check("sample", "cpu", vital=False) as note:
        counts = sample(circuit)
        _bell.judge_counts("the sampler", counts)
        note.detail = f"the two qubits were alike in all {sum(counts.values())} measurements"


def make_circuit(qiskit):
    circuit = qiskit.QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def sample(circuit):
    """How often each pair of bits was measured."""
    from qiskit.primitives import StatevectorSampler

    measured = circuit.copy()
    measured.measure_all()
    return StatevectorSampler(seed=1).run([measured], shots=100).result()[0].data.meas.get_counts()
