from django.db import models


class World(models.Model):
    number = models.IntegerField()


class Fortune(models.Model):
    message = models.CharField(max_length=200)


class Item(models.Model):
    name = models.CharField(max_length=80)
    brand = models.CharField(max_length=40)
    price = models.FloatField()
    rating = models.FloatField(null=True)
    stock = models.IntegerField()
    active = models.BooleanField()
    category = models.IntegerField()


class Record(models.Model):
    name = models.CharField(max_length=80)
    price = models.FloatField()
    stock = models.IntegerField()
    active = models.BooleanField()
