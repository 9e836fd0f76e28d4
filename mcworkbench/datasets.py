"""Every data set that can be named in a preset, listed without importing anything.

The data sets' part of `catalogue`, which re-exports it. Read by plans, `data list` and `doctor`;
loaders are resolved where data are decoded.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One data set.

    Attributes:
        title: what it is, and its shape.
        loader: "module:function".
        task: its task, "" where its targets tell.
        takes_path: what follows its name: 'PATH' of a file or folder, 'CODE', or ''.
        checksum: stands for its content; '' where the files themselves do.
        files: what must lie in the folder of downloads so that nothing is fetched; a pattern
            may match more than one file.
        download_mb: what is fetched where they are absent.
    """

    title: str
    loader: str
    task: str = "classification"
    takes_path: str = ""
    checksum: str = ""
    files: tuple[str, ...] = ()
    download_mb: int = 0


def _idx(folder: str) -> tuple[str, ...]:
    parts = [f"{part}-{what}" for part in ("train", "t10k") for what in ("images", "labels")]
    return tuple(f"{folder}/raw/{part}-idx?-ubyte*" for part in parts)


# A checksum stands for the content: the published MD5 of the archive (of the four files, in
# torchvision's order), or the version of what is made here.
_MNIST_MD5 = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873+d53e105ee54ea40749a09fcbcd1e9432"
    "+9fb629c4189551a2d022fa330f9573f3+ec29112dd5afa0611ce80d1b7f02629c"
)
_FASHION_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d+25c81989df183df01b3e8a0aad5dffbe"
    "+bef4ecab320f06d8554ea6380940ec79+bb300cfdad3c16e7a12a480ee83cd310"
)

_KMNIST_MD5 = (
    "bdb82020997e1d708af4cf47b453dcf7+e144d726b3acfaa3e44228e80efcd344"
    "+5c965bf0a639b31b8f53240b1b52f4d7+7320c461ea6c1c855c0b718fb2a4b134"
)
_QMNIST_MD5 = (
    "ed72d4157d28c017586c42bc6afe6370+0058f8dd561b90ffdd0f734c6a30e5e4"
    "+1394631089c404de565df7b7aeaf9412+5b5b05890a5e13444e108efe57b788aa"
)

DATASETS: dict[str, Source] = {
    "digits": Source(
        "scikit-learn's handwritten digits, 8×8",
        "mcworkbench.data.embedded:digits",
        checksum="digits-1",
    ),
    "synthetic": Source(
        "coloured patterns under noise, 8×8, made on the spot",
        "mcworkbench.data.synthetic:images",
        checksum="synthetic-1",
    ),
    "synthetic-regression": Source(
        "a noisy sine of one variable",
        "mcworkbench.data.synthetic:regression",
        task="regression",
        checksum="synthetic-regression-1",
    ),
    "three-clusters": Source(
        "regression of one variable in three clusters, made on the spot",
        "mcworkbench.data.synthetic:clusters",
        task="regression",
        checksum="three-clusters-1",
    ),
    "mnist": Source(
        "MNIST digits, 28×28 grey, 10 classes, 60,000 + 10,000",
        "mcworkbench.data.downloads:mnist",
        checksum=_MNIST_MD5,
        files=_idx("MNIST"),
        download_mb=12,
    ),
    "fashion_mnist": Source(
        "Fashion-MNIST, 28×28 grey, 10 classes, 60,000 + 10,000",
        "mcworkbench.data.downloads:fashion_mnist",
        checksum=_FASHION_MD5,
        files=_idx("FashionMNIST"),
        download_mb=31,
    ),
    "kmnist": Source(
        "Kuzushiji-MNIST, 28×28 grey, 10 classes, 60,000 + 10,000",
        "mcworkbench.data.downloads:kmnist",
        checksum=_KMNIST_MD5,
        files=_idx("KMNIST"),
        download_mb=21,
    ),
    "qmnist": Source(
        "QMNIST digits, 28×28 grey, 10 classes, 60,000 + 60,000",
        "mcworkbench.data.published:qmnist",
        checksum=_QMNIST_MD5,
        files=tuple(
            f"QMNIST/raw/qmnist-{part}-{what}.gz"
            for part in ("train", "test")
            for what in ("images-idx3-ubyte", "labels-idx2-int")
        ),
        download_mb=20,
    ),
    "emnist-balanced": Source(
        "EMNIST letters and digits, balanced, 28×28 grey, 47 classes, 112,800 + 18,800",
        "mcworkbench.data.published:emnist_balanced",
        checksum="balanced-58c8d27c78d21e728a6bc7b3cc06412e",
        files=("EMNIST/raw/gzip.zip",),
        download_mb=562,
    ),
    "usps": Source(
        "USPS digits, 16×16 grey, 10 classes, 7,291 + 2,007",
        "mcworkbench.data.published:usps",
        checksum="ec16c51db3855ca6c91edd34d0e9b197+8ea070ee2aca1ac39742fdd1ef5ed118",
        files=("USPS/usps.bz2", "USPS/usps.t.bz2"),
        download_mb=9,
    ),
    "cifar10": Source(
        "CIFAR-10, 32×32 colour, 10 classes, 50,000 + 10,000",
        "mcworkbench.data.downloads:cifar10",
        checksum="c58f30108f718f92721af3b95e74349a",
        files=("cifar-10-batches-py/test_batch|cifar-10-python.tar.gz",),
        download_mb=171,
    ),
    "cifar100": Source(
        "CIFAR-100, 32×32 colour, 100 classes, 50,000 + 10,000",
        "mcworkbench.data.downloads:cifar100",
        checksum="eb9058c3a382ffc7106e4002c42a8d85",
        files=("cifar-100-python/test|cifar-100-python.tar.gz",),
        download_mb=169,
    ),
    "svhn": Source(
        "SVHN house numbers, 32×32 colour, 10 classes, 73,257 + 26,032",
        "mcworkbench.data.published:svhn",
        checksum="e26dedcc434d2e4c54c9b2d4a06d8373+eb5a983be6a315427106f1b164d9cef3",
        files=("SVHN/train_32x32.mat", "SVHN/test_32x32.mat"),
        download_mb=246,
    ),
    "stl10": Source(
        "STL-10, 96×96 colour, 10 classes, 5,000 + 8,000",
        "mcworkbench.data.published:stl10",
        checksum="91f7769df0f17e558f3565bffb0c7dfb",
        files=("stl10_binary/train_X.bin|stl10_binary.tar.gz",),
        download_mb=2640,
    ),
    "imagefolder": Source(
        "your images: train/ and test/ folders of class folders",
        "mcworkbench.data.folder:load",
        takes_path="PATH",
    ),
    "images": Source(
        "your images without classes, in any folders: for autoencoders",
        "mcworkbench.data.plain_images:flat",
        task="reconstruction",
        takes_path="PATH",
    ),
    "celeba": Source(
        "CelebA's aligned faces, put there by hand: torchvision's folder, or the zip file",
        "mcworkbench.data.plain_images:celeba",
        task="reconstruction",
        takes_path="PATH",
    ),
    "arrays": Source(
        "your images or features with classes, in an .npz file",
        "mcworkbench.data.arrays:load",
        takes_path="PATH",
    ),
    "npy": Source(
        "your table for regression, in an .npy file: the last column is the target",
        "mcworkbench.data.columns:load",
        task="regression",
        takes_path="PATH",
    ),
    "code": Source(
        "a function of your own, PACKAGE.MODULE:FUNCTION; needs --trust",
        "mcworkbench.data.code:load",
        task="",
        takes_path="CODE",
    ),
}
