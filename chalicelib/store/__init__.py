"""DynamoDB through PynamoDB: one module per aggregate."""
