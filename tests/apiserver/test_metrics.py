from tests.apiserver.conftest import MAPS, Api, configmap

from sluice.apiserver import EmbeddedServer


async def test_requests_are_counted_as_a_real_server_counts_them(api: Api, server: EmbeddedServer) -> None:
    await api.made(MAPS, configmap("a"))
    await api.get(f"{MAPS}/a")
    await api.get(f"{MAPS}/b")
    await api.apply(f"{MAPS}/a", configmap("a"), manager="m", force="true")
    async with api.watch(MAPS) as events:
        await events.next()
        text = (await api.get("/metrics")).body
    line = 'apiserver_request_total{{verb="{}",group="",version="v1",resource="configmaps",subresource="",code="{}"}} 1'
    for verb, code in (("POST", 201), ("GET", 200), ("GET", 404), ("APPLY", 200), ("WATCH", 200)):
        assert line.format(verb, code) in text
    assert 'sluice_apiserver_client_request_total{client="tester",verb="POST"' in text
    assert "apiserver_longrunning_requests 1" in text
    writes = {call.verb: count for call, count in server.metrics.calls.items() if call.writes}
    assert writes == {"POST": 1, "APPLY": 1}
