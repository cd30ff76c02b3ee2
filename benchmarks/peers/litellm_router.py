"""Decisions of LiteLLM's router, timed in the peers' own environment: no import of ours.

    python litellm_router.py ROWS EACH

ROWS: a JSON file, one deployment per line of our comparison: [{provider, model, input, output}], prices in US
dollars per token. Prints {strategy: [microseconds, …]} as JSON.
"""

import asyncio
import json
import os
import sys
import time

os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_TELEMETRY="False", LITELLM_LOG="ERROR")
STRATEGIES = ("simple-shuffle", "least-busy", "latency-based-routing", "usage-based-routing-v2", "cost-based-routing")
ASKED = [{"role": "user", "content": "Summarise the rules in two lines."}]


async def main(rows: str, each: int) -> None:
    from litellm import Router

    with open(rows) as file:
        listed = json.load(file)
    deployments = [
        {
            "model_name": "group",
            "litellm_params": {
                "model": f"openai/{row['model']}", "api_key": "none", "api_base": "http://127.0.0.1:9/v1",
                "rpm": 10_000_000, "tpm": 10_000_000_000,
                "input_cost_per_token": row["input"], "output_cost_per_token": row["output"],
            },
            "model_info": {"id": f"{row['provider']}-{place}"},
        }
        for place, row in enumerate(listed)
    ]  # fmt: skip
    taken: dict[str, list[float]] = {}
    for strategy in STRATEGIES:
        router = Router(model_list=deployments, routing_strategy=strategy, num_retries=0, set_verbose=False)
        times = taken[strategy] = []
        for place in range(each + 20):
            began = time.perf_counter_ns()
            await router.async_get_available_deployment(model="group", messages=ASKED, request_kwargs={})
            if place >= 20:  # warm by then
                times.append((time.perf_counter_ns() - began) / 1000)
    print(json.dumps(taken))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
