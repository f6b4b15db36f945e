"""Batches that PyTorch trains on."""

import torch

from benchmarks.pytorch.batches import Batches


def numbered(records: int, channels: int, height: int, width: int) -> torch.Tensor:
    count = records * channels * height * width
    return torch.arange(count, dtype=torch.uint8).reshape(records, channels, height, width)


def test_whole_images_come_in_their_order_round_and_round() -> None:
    images = numbered(5, 2, 4, 4)
    batches = Batches(images, torch.tensor([3, 1, 4, 2, 0]), None, batch=3, crop=4, mirror=False)
    assert batches.next()[1].tolist() == [3, 1, 4]
    pixels, labels = batches.next()
    assert labels.tolist() == [2, 0, 3]
    assert pixels.dtype == torch.float32
    assert pixels.equal(images[[3, 4, 0]].float())
    assert pixels.is_contiguous(memory_format=torch.channels_last)


def test_each_image_is_a_window_of_itself_less_the_means_window_and_may_be_mirrored() -> None:
    """A pixel's value less its mean is its image's number, whatever the window: the mean counts rows and columns."""
    torch.manual_seed(3)
    mean = torch.arange(60, dtype=torch.float32).reshape(2, 5, 6)
    images = (mean + torch.arange(7)[:, None, None, None]).to(torch.uint8)
    pixels, _ = Batches(images, torch.arange(7), mean, batch=7, crop=3, mirror=True).next()
    assert pixels.shape == (7, 2, 3, 3)
    assert pixels.equal(torch.arange(7.0)[:, None, None, None].expand(7, 2, 3, 3))


def test_places_and_mirror_are_drawn_anew_for_each_image() -> None:
    torch.manual_seed(3)
    image = torch.arange(1 * 1 * 4 * 7, dtype=torch.uint8).reshape(1, 1, 4, 7).expand(40, 1, 4, 7)
    pixels, _ = Batches(image, torch.zeros(40, dtype=torch.int64), None, batch=40, crop=3, mirror=True).next()
    assert {tuple(step.tolist()) for step in (pixels[:, 0, 0, 1:] - pixels[:, 0, 0, :-1])} == {(1, 1), (-1, -1)}
    smallest = {int(image.min()) for image in pixels}
    assert smallest == {7 * row + column for row in range(2) for column in range(5)}
