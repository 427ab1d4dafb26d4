"""Every field type that Django has, and the relations."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now


class Maker(models.Model):
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField()
    country = models.CharField(max_length=2, choices=[("IT", "Italy"), ("FR", "France")], default="IT")


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")


class Place(models.Model):
    name = models.CharField(max_length=50)


class Restaurant(Place):
    """A table whose key is a foreign key."""

    stars = models.SmallIntegerField(default=0)


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    maker = models.ForeignKey(Maker, models.CASCADE)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_column="owned_by")
    tags = models.ManyToManyField(Tag)
    similar = models.ManyToManyField("self")
    title = models.CharField(max_length=200, db_index=True)
    type = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    mail = models.EmailField()
    home = models.URLField()
    file = models.FileField(upload_to="files")
    picture = models.ImageField(upload_to="pictures", null=True)
    path = models.FilePathField(path="/", null=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    weight = models.FloatField(null=True)
    count = models.IntegerField(default=0)
    small = models.SmallIntegerField()
    big = models.BigIntegerField()
    positive = models.PositiveIntegerField()
    positive_small = models.PositiveSmallIntegerField()
    positive_big = models.PositiveBigIntegerField()
    on_sale = models.BooleanField(default=False)
    maybe = models.BooleanField(null=True)
    day = models.DateField()
    time = models.TimeField()
    moment = models.DateTimeField(auto_now_add=True)
    since = models.DateTimeField(db_default=Now())
    span = models.DurationField()
    data = models.JSONField(default=dict)
    raw = models.BinaryField(null=True)
    address = models.GenericIPAddressField(null=True)
    code = models.UUIDField(default=uuid.uuid4, unique=True)
    double = models.GeneratedField(
        expression=models.F("count") * 2, output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        unique_together = [("maker", "title")]
        indexes = [
            models.Index(fields=["type", "-day"], name="shop_product_type_day"),
            models.Index(Lower("title"), name="shop_product_lower"),
            models.Index(fields=["day"], name="shop_product_on_sale", condition=models.Q(on_sale=True)),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(count__lte=1000), name="shop_product_count"),
            models.UniqueConstraint(fields=["mail"], condition=models.Q(on_sale=True), name="shop_product_mail"),
        ]


class Line(models.Model):
    """A key of two columns."""

    pk = models.CompositePrimaryKey("order", "number")
    order = models.IntegerField()
    number = models.SmallIntegerField()
    product = models.ForeignKey(Product, models.DO_NOTHING)


class Detail(models.Model):
    product = models.OneToOneField(Product, models.CASCADE)
    text = models.TextField()
