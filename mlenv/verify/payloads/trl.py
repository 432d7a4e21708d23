"""TRL: the likelihood of chosen tokens in known numbers; then a preference step that starts at log 2."""

import math
import os

from ._torch.devices import check_place
from ._torch.family import begin, prove_each
from ._verdicts import Failure, Skipped

# Over 8 tokens of which one has three times the weight of each other: 3/10 and 1/10.
TOKENS = 8
CHOSEN = [math.log(0.3), math.log(0.1)]
WORDS = ["[PAD]", "[END]", "the", "good", "bad", "answer"]
ROWS = {"prompt": ["the answer"] * 2, "chosen": ["good", "the good"], "rejected": ["bad", "the bad"]}


def check(session):
    _, torch, devices = begin(session, "trl", "trl.trainer.utils")
    prove_each(session, devices, "compute", lambda device, _: prove_likelihood(torch, device))
    if session.reaches("standard"):
        prove_each(session, devices[:1], "preference", lambda device, _: prove_preference(torch, device))


def prove_likelihood(torch, device):
    from trl.trainer import utils

    choose = getattr(utils, "selective_log_softmax", None)
    if choose is None:
        raise Skipped("this release of TRL has no selective_log_softmax: it was only imported")
    weights = torch.ones(1, 2, TOKENS, device=device.name)
    weights[0, :, 5] = 3
    found = choose(weights.log() + 7, torch.tensor([[5, 2]], device=device.name))
    check_place(device, found)
    numbers = found.cpu().flatten().tolist()
    if len(numbers) != 2 or not max(abs(a - b) for a, b in zip(numbers, CHOSEN)) <= 1e-5:
        raise Failure("wrong-number", f"the likelihoods of two tokens gave {numbers} and must give {CHOSEN}")
    return "the likelihoods of two tokens are log 0.3 and log 0.1"


def prove_preference(torch, device):
    """Model and reference are the same at first, so the loss of DPO is log 2 whatever the weights are."""
    loss, moved = train(torch, device)
    if not abs(loss - math.log(2)) <= 2e-4:
        raise Failure("wrong-number", f"the first loss of DPO is {loss:.6f} and must be log 2, {math.log(2):.6f}")
    if not moved > 0:
        raise Failure("wrong-number", "a step of DPO left the weights as they were")
    return "the first loss of DPO is log 2, and its step moves the weights"


def train(torch, device):
    """The loss of one step with a tiny model, and how far its first weights moved."""
    import datasets
    import transformers
    import trl

    torch.manual_seed(0)
    sizes = {"vocab_size": len(WORDS), "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    settings = transformers.LlamaConfig(num_attention_heads=2, pad_token_id=0, eos_token_id=1, bos_token_id=1, **sizes)
    model, reference = transformers.LlamaForCausalLM(settings), transformers.LlamaForCausalLM(settings)
    reference.load_state_dict(model.state_dict())
    before = model.lm_head.weight.detach().clone()
    trainer = trl.DPOTrainer(
        model=model,
        ref_model=reference,
        args=make_settings(trl, device),
        train_dataset=datasets.Dataset.from_dict(ROWS),
        processing_class=make_tokenizer(transformers),
    )
    trainer.train()
    check_place(device, model.lm_head.weight)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return losses[0], float((model.lm_head.weight.detach().cpu() - before).abs().max())


def make_settings(trl, device):
    return trl.DPOConfig(
        output_dir=os.path.join(os.getcwd(), "trl"),
        max_steps=1,
        per_device_train_batch_size=2,
        learning_rate=0.01,
        logging_steps=1,
        report_to=[],
        save_strategy="no",
        use_cpu=device.label == "cpu",
        bf16=False,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        disable_tqdm=True,
    )


def make_tokenizer(transformers):
    """Words apart by spaces, made here: nothing is downloaded."""
    import tokenizers

    table = tokenizers.models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[PAD]")  # noqa: S106
    plain = tokenizers.Tokenizer(table)
    plain.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    special = {"pad_token": "[PAD]", "eos_token": "[END]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=plain, **special)
