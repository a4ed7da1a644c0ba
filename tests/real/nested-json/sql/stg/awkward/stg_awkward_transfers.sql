select
    record ->> '_tx_transactionHash' as transaction_hash,
    -- the loading library writes a character of private use before such a number
    ltrim(record ->> 'wad', chr(61484)) as wad,
    record ->> '_tx_blockNumber' as block_number,
    record ->> '_tx_blockTimestamp' as block_at
from src_awkward.transfers
