import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError


def layer(param="", more="", num_output=4):
    return (
        f'layer {{ name: "l" type: "InnerProduct" bottom: "x" top: "y" {more} inner_product_param {{ '
        f'num_output: {num_output} weight_filler {{ type: "gaussian" }} bias_filler {{ type: "gaussian" }} '
        f"{param} }} }}"
    )


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_follows_the_formula(axis, transpose, bias, build, check_gradients, draw):
    text = layer(f"axis: {axis} transpose: {str(transpose).lower()} bias_term: {str(bias).lower()}")
    net = build(text, x=draw(2, 3, 5))
    net.forward()
    x = draw(2, 3, 5)
    kept = x.shape[:axis]
    length = int(np.prod(x.shape[axis:]))
    w, *b = (blob.data.numpy() for blob in net.layer("l").blobs)
    assert w.shape == ((length, 4) if transpose else (4, length))
    assert len(b) == bias
    want = x.reshape(*kept, length) @ (w if transpose else w.T) + (b[0] if bias else 0)
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-12, atol=1e-14)
    check_gradients(net, ["x"])


def test_by_hand(build, run_backward):
    """w = 1 2 3, b = 10, x = 1 1 1 and 0 0 2: 16 and 16; with dy = 1, 5, dw = 1 1 1 + 5 (0 0 2), db = 6."""
    net = build(layer(num_output=1), x=np.array([[1.0, 1, 1], [0, 0, 2]]))
    w, b = net.layer("l").blobs
    w.data.copy_(torch.tensor([[1.0, 2, 3]]))
    b.data.fill_(10)
    net.forward()
    assert net.blob("y").data.tolist() == [[16], [16]]
    run_backward(net, {"y": [[1.0], [5.0]]})
    assert w.diff.tolist() == [[1, 1, 11]]
    assert b.diff.tolist() == [6]
    assert net.blob("x").diff.tolist() == [[1, 2, 3], [5, 10, 15]]


@pytest.mark.parametrize("frozen", [0, 1])
def test_frozen_params_get_no_gradient(frozen, build, draw):
    more = "param { lr_mult: 0 } param { }" if frozen == 0 else "param { } param { lr_mult: 0 }"
    text = layer(more=more) + ' layer { name: "sum" type: "Reduction" bottom: "y" top: "s" loss_weight: 1 }'
    net = build(text, x=draw(2, 3), force_backward=False)
    net.forward()
    net.backward()
    assert [bool(blob.diff.any()) for blob in net.layer("l").blobs] == [frozen != 0, frozen != 1]
    assert not net.blob("x").diff.any()


def test_refuses_no_outputs_and_a_changed_bottom(build, draw):
    with pytest.raises(NetError, match=r"layer 'l' \(InnerProduct\): .*num_output of at least 1"):
        build(layer(num_output=0), x=draw(2, 3))
    net = build(layer(), x=draw(2, 3))
    net.blob("x").reshape(2, 4)
    with pytest.raises(NetError, match=r"bottom of shape 2 4 \(8\) no longer has 3 values"):
        net.forward()
    net.blob("x").reshape(5, 3)
    net.forward()
    assert net.blob("y").shape == (5, 4)
