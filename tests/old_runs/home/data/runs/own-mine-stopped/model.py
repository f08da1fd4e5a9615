from torch import nn
from cftui.parameters import ModelParameters, parameter

print("mine.py was executed")


class Mine(nn.Module):
    class Parameters(ModelParameters):
        rank: int = parameter(16, "Size of the embeddings", ge=1)

    def __init__(self, info, rank):
        super().__init__()
        self.middle = (info.low + info.high) / 2
        self.user_factors = nn.Embedding(info.n_users, rank)
        self.item_factors = nn.Embedding(info.n_items, rank)
        self.user_bias = nn.Embedding(info.n_users, 1)
        self.item_bias = nn.Embedding(info.n_items, 1)
        for table in self.children():
            nn.init.normal_(table.weight, std=0.05)

    @classmethod
    def from_data(cls, info, parameters):
        return cls(info, parameters.rank)

    def forward(self, users, items):
        product = (self.user_factors(users) * self.item_factors(items)).sum(1)
        biases = self.user_bias(users) + self.item_bias(items)
        return self.middle + product + biases.squeeze(1)
