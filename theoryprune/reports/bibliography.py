"""Where the methods and models come from: BibTeX entries, and the names that stand for them."""

from __future__ import annotations

ENTRIES: dict[str, str] = {
    "tanaka2020synflow": """\
@inproceedings{tanaka2020synflow,
  title     = {Pruning neural networks without any data by iteratively conserving synaptic flow},
  author    = {Tanaka, Hidenori and Kunin, Daniel and Yamins, Daniel L. K. and Ganguli, Surya},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {33},
  year      = {2020},
  note      = {arXiv:2006.05467},
}""",
    "han2015learning": """\
@inproceedings{han2015learning,
  title     = {Learning both weights and connections for efficient neural networks},
  author    = {Han, Song and Pool, Jeff and Tran, John and Dally, William J.},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {28},
  year      = {2015},
  note      = {arXiv:1506.02626},
}""",
    "liu2022random": """\
@inproceedings{liu2022random,
  title     = {The unreasonable effectiveness of random pruning: Return of the most naive baseline for sparse training},
  author    = {Liu, Shiwei and Chen, Tianlong and Chen, Xiaohan and Shen, Li and Mocanu, Decebal Constantin
               and Wang, Zhangyang and Pechenizkiy, Mykola},
  booktitle = {International Conference on Learning Representations},
  year      = {2022},
  note      = {arXiv:2202.02643},
}""",
    "evci2020rigging": """\
@inproceedings{evci2020rigging,
  title     = {Rigging the lottery: Making all tickets winners},
  author    = {Evci, Utku and Gale, Trevor and Menick, Jacob and Castro, Pablo Samuel and Elsen, Erich},
  booktitle = {International Conference on Machine Learning},
  year      = {2020},
  note      = {arXiv:1911.11134},
}""",
    "mocanu2018scalable": """\
@article{mocanu2018scalable,
  title   = {Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network
             science},
  author  = {Mocanu, Decebal Constantin and Mocanu, Elena and Stone, Peter and Nguyen, Phuong H. and Gibescu, Madeleine
             and Liotta, Antonio},
  journal = {Nature Communications},
  volume  = {9},
  number  = {2383},
  year    = {2018},
  doi     = {10.1038/s41467-018-04316-3},
}""",
    "zhu2017prune": """\
@misc{zhu2017prune,
  title  = {To prune, or not to prune: Exploring the efficacy of pruning for model compression},
  author = {Zhu, Michael and Gupta, Suyog},
  year   = {2017},
  note   = {arXiv:1710.01878},
}""",
    "lecun1998gradient": """\
@article{lecun1998gradient,
  title   = {Gradient-based learning applied to document recognition},
  author  = {LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick},
  journal = {Proceedings of the IEEE},
  volume  = {86},
  number  = {11},
  pages   = {2278--2324},
  year    = {1998},
  doi     = {10.1109/5.726791},
}""",
    "simonyan2015vgg": """\
@inproceedings{simonyan2015vgg,
  title     = {Very deep convolutional networks for large-scale image recognition},
  author    = {Simonyan, Karen and Zisserman, Andrew},
  booktitle = {International Conference on Learning Representations},
  year      = {2015},
  note      = {arXiv:1409.1556},
}""",
    "he2016resnet": """\
@inproceedings{he2016resnet,
  title     = {Deep residual learning for image recognition},
  author    = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition},
  pages     = {770--778},
  year      = {2016},
  note      = {arXiv:1512.03385},
}""",
    "sandler2018mobilenetv2": """\
@inproceedings{sandler2018mobilenetv2,
  title     = {{MobileNetV2}: Inverted residuals and linear bottlenecks},
  author    = {Sandler, Mark and Howard, Andrew and Zhu, Menglong and Zhmoginov, Andrey and Chen, Liang-Chieh},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition},
  pages     = {4510--4520},
  year      = {2018},
  note      = {arXiv:1801.04381},
}""",
    "huang2017densenet": """\
@inproceedings{huang2017densenet,
  title     = {Densely connected convolutional networks},
  author    = {Huang, Gao and Liu, Zhuang and van der Maaten, Laurens and Weinberger, Kilian Q.},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition},
  pages     = {4700--4708},
  year      = {2017},
  note      = {arXiv:1608.06993},
}""",
    "blalock2020state": """\
@inproceedings{blalock2020state,
  title     = {What is the state of neural network pruning?},
  author    = {Blalock, Davis and Gonzalez Ortiz, Jose Javier and Frankle, Jonathan and Guttag, John},
  booktitle = {Proceedings of Machine Learning and Systems},
  volume    = {2},
  year      = {2020},
  note      = {arXiv:2003.03033},
}""",
}
"""BibTeX entries by key."""

SOURCES: dict[str, tuple[str, ...]] = {
    "synflow": ("tanaka2020synflow",),
    "magnitude": ("han2015learning",),
    "random": ("liu2022random",),
    "erk": ("evci2020rigging", "mocanu2018scalable"),
    "uniform": ("zhu2017prune",),
    "exponential": ("tanaka2020synflow",),
    "compression": ("blalock2020state",),
    "lenet": ("lecun1998gradient",),
    "vgg": ("simonyan2015vgg",),
    "resnet": ("he2016resnet",),
    "mobilenet": ("sandler2018mobilenetv2",),
    "densenet": ("huang2017densenet",),
}
"""The keys of the works behind each name: scores, schedules, measures, models."""
